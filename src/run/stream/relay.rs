//! Copies one program's output into another one's input, counts, keeps to a rate, and ends both.

use super::relayed::{Cut, Relayed};
use crate::spec::pipe::{Sink, Source};
use crate::spec::{BoxFuture, End, Ended, Pipe};
use crate::zfs::rate::{Bucket, Rate, Schedule};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::time::Instant;

/// Time for a consumer to end whose producer failed; it may have to save what it got.
const PATIENCE: Duration = Duration::from_mins(1);
/// Time between two words of progress.
const TICK: Duration = Duration::from_millis(500);

/// Time for a producer's end to come behind its last byte, once the consumer has ended well.
const LAST: Duration = Duration::from_secs(5);
/// Shorter pauses are not worth their timer; they add up.
const PAUSE: Duration = Duration::from_millis(3);

/// What a stream may take.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// Rates by the operator's local time.
    pub rate: Schedule,
}

/// Copies until both ends are over. `progress` is told twice a second how many bytes went; when `stop` is there,
/// both programs are ended.
pub async fn relay(
    from: Pipe,
    to: Pipe,
    limits: &Limits,
    progress: &(dyn Fn(u64) + Send + Sync),
    stop: BoxFuture<'_, ()>,
) -> Relayed {
    let count = Count::default();
    let both = Both { from, to, count: &count };
    let tick = async {
        loop {
            tokio::time::sleep(TICK).await;
            progress(count.written.load(Relaxed));
        }
    };
    let relayed = tokio::select! {
        relayed = both.run(limits, stop) => relayed,
        () = tick => Relayed { bytes: 0, from: lost(), to: lost(), cut: Cut::Interrupted },
    };
    progress(relayed.bytes);
    relayed
}

/// Bytes so far.
#[derive(Default)]
struct Count {
    read: AtomicU64,
    written: AtomicU64,
}

struct Both<'a> {
    from: Pipe,
    to: Pipe,
    count: &'a Count,
}

impl Both<'_> {
    async fn run(mut self, limits: &Limits, mut stop: BoxFuture<'_, ()>) -> Relayed {
        let cut = tokio::select! {
            cut = copy(&mut *self.from.output, &mut *self.to.input, self.count, limits) => cut,
            // A word of the producer's end comes by the end of its output.
            _ = self.to.running.wait() => Cut::Consumer,
            () = &mut stop => Cut::Interrupted,
        };
        let count = self.count;
        let (from, to, cut) = match cut {
            Cut::Interrupted => self.end_both(cut).await,
            Cut::Consumer => self.end_producer(stop).await,
            cut => self.finish(cut, stop).await,
        };
        Relayed { bytes: count.written.load(Relaxed), from, to, cut }
    }

    async fn end_both(self, cut: Cut) -> (Ended, Ended, Cut) {
        let (from, to) = tokio::join!(self.from.kill(), self.to.kill());
        (from, to, cut)
    }

    /// The consumer takes no more. One that knows where its stream ends may be over before the producer's end
    /// is seen; else the producer is ended.
    async fn end_producer(self, stop: BoxFuture<'_, ()>) -> (Ended, Ended, Cut) {
        let Self { mut from, to, count } = self;
        let (to, _) = close(to, Some(PATIENCE), stop).await;
        let all = count.read.load(Relaxed) == count.written.load(Relaxed);
        if to.is_ok()
            && all
            && let Some(ended) = whole(&mut from).await
        {
            return (ended, to, Cut::None);
        }
        (from.kill().await, to, Cut::Consumer)
    }

    /// The producer writes no more.
    async fn finish(mut self, cut: Cut, mut stop: BoxFuture<'_, ()>) -> (Ended, Ended, Cut) {
        let ended = tokio::select! {
            ended = self.from.running.wait() => ended,
            () = &mut stop => return self.end_both(Cut::Interrupted).await,
        };
        let patience = if ended.is_ok() && cut == Cut::None { None } else { Some(PATIENCE) };
        let (to, stopped) = close(self.to, patience, stop).await;
        (ended, to, if stopped { Cut::Interrupted } else { cut })
    }
}

/// Ends a consumer's input and waits for its end; whether it was interrupted.
async fn close(mut to: Pipe, patience: Option<Duration>, stop: BoxFuture<'_, ()>) -> (Ended, bool) {
    to.input.close().await;
    let late = async {
        match patience {
            Some(patience) => tokio::time::sleep(patience).await,
            None => std::future::pending().await,
        }
    };
    let stopped = tokio::select! {
        ended = to.running.wait() => return (ended, false),
        () = late => false,
        () = stop => true,
    };
    (to.kill().await, stopped)
}

/// The end of a producer that has nothing more to write.
async fn whole(from: &mut Pipe) -> Option<Ended> {
    let read = tokio::time::timeout(LAST, from.output.read()).await;
    if !matches!(read, Ok(Ok(bytes)) if bytes.is_empty()) {
        return None;
    }
    tokio::time::timeout(LAST, from.running.wait()).await.ok()
}

fn lost() -> Ended {
    Ended { end: End::Lost, stderr: String::new() }
}

async fn copy(from: &mut dyn Source, to: &mut dyn Sink, count: &Count, limits: &Limits) -> Cut {
    let start = Instant::now();
    let mut bucket = Bucket::new(rate_now(&limits.rate), start.elapsed());
    loop {
        let mut chunk = match from.read().await {
            Ok(chunk) if chunk.is_empty() => return Cut::None,
            Ok(chunk) => chunk,
            Err(_) => return Cut::Producer,
        };
        count.read.fetch_add(chunk.len() as u64, Relaxed);
        bucket.set_rate(rate_now(&limits.rate), start.elapsed());
        while !chunk.is_empty() {
            let portion = chunk.split_to(bucket.portion().min(chunk.len()));
            let bytes = portion.len();
            if to.write(portion).await.is_err() {
                return Cut::Consumer;
            }
            count.written.fetch_add(bytes as u64, Relaxed);
            let pause = bucket.take(bytes, start.elapsed());
            if pause > PAUSE {
                tokio::time::sleep(pause).await;
            }
        }
    }
}

/// The rate by the operator's clock.
fn rate_now(schedule: &Schedule) -> Rate {
    let now = jiff::Zoned::now();
    let weekday = now.weekday().to_monday_zero_offset();
    let minute = i16::from(now.hour()) * 60 + i16::from(now.minute());
    schedule.at(usize::try_from(weekday).unwrap_or(0), u16::try_from(minute).unwrap_or(0))
}

#[cfg(test)]
mod tests;
