//! Has both ends of an edge read their snapshots, each by one program on a channel of its own, and compares what they say.

use super::{Job, Seen};
use crate::spec::pipe::{Pipe, Program, Sink, Source};
use crate::zfs::name::Dataset;
use crate::zfs::replication::edge::{Edge, Place};
use crate::zfs::replication::marks;
use crate::zfs::topology::Link;
use crate::zfs::verify::{Answers, Differences, Level, Pick, Read, Verdict, compare};
use bytes::Bytes;
use futures_util::future::join;
use std::fmt::Write as _;

/// Where devices of volumes are.
const DEVICES: &str = "/dev/zvol";

/// A snapshot that both ends read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Which of the edge's copies it is.
    pub copy: usize,
    /// On the source.
    pub source: Dataset,
    /// On the target.
    pub target: Dataset,
    /// Whether it is a volume.
    pub volume: bool,
    /// The snapshot.
    pub pick: Pick,
}

/// What came of it.
pub struct Outcome {
    /// Of each item.
    pub verdicts: Vec<Vec<(Level, Verdict)>>,
    /// Of the edge.
    pub notes: Vec<String>,
}

/// A program that reads snapshots on one host.
struct Reader {
    output: Box<dyn Source>,
    input: Box<dyn Sink>,
    running: Box<dyn crate::spec::pipe::Running>,
    buffer: Vec<u8>,
    at: usize,
}

impl Reader {
    /// Starts it, asks, and hears all answers.
    async fn ask(
        seen: &Seen,
        words: Vec<String>,
        asked: String,
    ) -> Result<(Self, Answers), String> {
        let program = Program::consumer("reading snapshots", include_str!("verify.sh"));
        let pipe = seen.host.pipe(&program.words(words)).await;
        let Pipe { output, input, running } = pipe.map_err(|error| error.to_string())?;
        let mut reader = Self { output, input, running, buffer: Vec::new(), at: 0 };
        match reader.answers(asked).await {
            Ok(answers) => Ok((reader, answers)),
            Err(error) => Err(reader.why(error).await),
        }
    }

    async fn answers(&mut self, asked: String) -> Result<Answers, String> {
        let Self { output, input, buffer, at, .. } = self;
        let heard = async {
            let mut answers = Answers::default();
            while !answers.whole {
                let line = line(&mut **output, buffer, at).await?;
                let line = line.ok_or("it ended before it had said all")?;
                answers.take(&String::from_utf8_lossy(&line))?;
            }
            Ok::<_, String>(answers)
        };
        // Asking waits while nobody hears.
        let (_, answers) = join(input.write(Bytes::from(asked)), heard).await;
        answers
    }

    async fn say(&mut self, text: String) -> Result<(), String> {
        self.input.write(Bytes::from(text)).await.map_err(|error| error.to_string())
    }

    async fn line(&mut self) -> Result<Option<Vec<u8>>, String> {
        line(&mut *self.output, &mut self.buffer, &mut self.at).await
    }

    /// What the program itself said, if that is more.
    async fn why(self, error: String) -> String {
        let pipe = Pipe { output: self.output, input: self.input, running: self.running };
        let said = pipe.kill().await.stderr;
        let last = said.lines().rfind(|line| !line.trim().is_empty());
        last.map_or(error.clone(), |last| format!("{error}: {last}"))
    }

    /// Lets it clean up, and waits for that.
    async fn end(mut self) {
        self.input.close().await;
        while let Ok(Some(_)) = self.line().await {}
        self.running.wait().await;
    }
}

/// The next line without its end; None: there is none.
async fn line(
    output: &mut dyn Source,
    buffer: &mut Vec<u8>,
    at: &mut usize,
) -> Result<Option<Vec<u8>>, String> {
    let mut looked = *at;
    loop {
        if let Some(end) = buffer.iter().skip(looked).position(|byte| *byte == b'\n') {
            let found = buffer.get(*at..looked + end).unwrap_or_default().to_vec();
            *at = looked + end + 1;
            return Ok(Some(found));
        }
        buffer.drain(..*at);
        *at = 0;
        looked = buffer.len();
        let bytes = output.read().await.map_err(|error| error.to_string())?;
        if bytes.is_empty() {
            return Ok(None);
        }
        buffer.extend_from_slice(&bytes);
    }
}

/// Reads all items on both ends at once.
pub async fn read(
    job: &Job,
    level: Level,
    link: &Link,
    (source, target): (&Seen, &Seen),
    items: &[Item],
) -> Outcome {
    let mut outcome = Outcome { verdicts: Vec::new(), notes: Vec::new() };
    if items.is_empty() {
        return outcome;
    }
    let way = &link.edge;
    let here =
        Reader::ask(source, words(job, way, &way.source), asked(source, way, items, false, false));
    let drill = level == Level::Drill;
    let there =
        Reader::ask(target, words(job, way, &way.target), asked(target, way, items, true, drill));
    let (here, there) = join(here, there).await;
    let (mut here, answers_here) = opened(here);
    let (mut there, answers_there) = opened(there);
    let left = [(&way.source.host, &answers_here), (&way.target.host, &answers_there)];
    for (host, answers) in
        left.into_iter().filter_map(|(host, one)| Some((host, one.as_ref().ok()?)))
    {
        outcome.notes.extend(answers.left.iter().map(|text| format!("{host}: {text}")));
    }
    for (key, item) in items.iter().enumerate() {
        let (own, other) = (said(&answers_here, key), said(&answers_there, key));
        let verdict = match (compare(&own, &other, item.volume), &mut here, &mut there) {
            (Some(verdict), _, _) => verdict,
            (None, Some(here), Some(there)) => differing(here, there, key).await,
            (None, _, _) => Verdict::Differs(vec!["the digests differ".to_owned()]),
        };
        outcome.verdicts.push(verdicts(level, verdict, item, &other));
    }
    let end = async |reader: Option<Reader>| {
        if let Some(reader) = reader {
            reader.end().await;
        }
    };
    join(end(here), end(there)).await;
    outcome
}

fn opened(asked: Result<(Reader, Answers), String>) -> (Option<Reader>, Result<Answers, String>) {
    match asked {
        Ok((reader, answers)) => (Some(reader), Ok(answers)),
        Err(error) => (None, Err(error)),
    }
}

fn said(answers: &Result<Answers, String>, key: usize) -> Read {
    match answers {
        Ok(answers) => answers.of(key),
        Err(error) => Read::Cannot(error.clone()),
    }
}

/// The drill is the same comparison, with the target's content read from a clone.
fn verdicts(level: Level, verdict: Verdict, item: &Item, target: &Read) -> Vec<(Level, Verdict)> {
    let of = match &verdict {
        Verdict::Same(what) => Verdict::Same(format!("@{}: {what}", item.pick.source)),
        Verdict::Unknown(why) => Verdict::Unknown(format!("@{}: {why}", item.pick.source)),
        Verdict::Differs(_) => verdict.clone(),
    };
    if level != Level::Drill {
        return vec![(Level::Content, of)];
    }
    let cloned = matches!(target, Read::Is(totals) if totals.cloned);
    let drill = match (&of, cloned) {
        (Verdict::Same(_), true) => Verdict::Same("cloned, and read whole".to_owned()),
        (Verdict::Same(_), false) => Verdict::Unknown("it was not read from a clone".to_owned()),
        (other, _) => (*other).clone(),
    };
    vec![(Level::Content, of), (Level::Drill, drill)]
}

/// Asks both for their lists, and says where they differ.
async fn differing(here: &mut Reader, there: &mut Reader, key: usize) -> Verdict {
    let found =
        match join(here.say(format!("list\t{key}\n")), there.say(format!("list\t{key}\n"))).await {
            (Ok(()), Ok(())) => merged(here, there).await,
            (Err(error), _) | (_, Err(error)) => Err(error),
        };
    match found {
        Ok(found) => found.verdict(),
        Err(error) => {
            Verdict::Differs(vec![format!("the digests differ; where could not be told: {error}")])
        }
    }
}

async fn merged(here: &mut Reader, there: &mut Reader) -> Result<Differences, String> {
    let mut found = Differences::default();
    let (mut own, mut other) = (entry(here).await?, entry(there).await?);
    while own.is_some() || other.is_some() {
        let (first, second) = found.step(own.as_deref(), other.as_deref());
        if first {
            own = entry(here).await?;
        }
        if second {
            other = entry(there).await?;
        }
    }
    Ok(found)
}

/// The next entry; None: the list is over.
async fn entry(reader: &mut Reader) -> Result<Option<Vec<u8>>, String> {
    let line = reader.line().await?.ok_or("the list is not whole")?;
    Ok((!line.starts_with(b"=")).then_some(line))
}

/// The program's words.
fn words(job: &Job, way: &Edge, place: &Place) -> Vec<String> {
    let mode = if job.check { "check" } else { "make" };
    let above = place.dataset.parent().unwrap_or_else(|| place.dataset.clone());
    [&way.id, mode, DEVICES, &marks::verify_hold(way), above.as_str()].map(str::to_owned).to_vec()
}

/// What it is asked on its stdin.
fn asked(seen: &Seen, way: &Edge, items: &[Item], target: bool, drill: bool) -> String {
    let mut text = String::new();
    for (key, item) in items.iter().enumerate() {
        let dataset = if target { &item.target } else { &item.source };
        let name = if target { &item.pick.target } else { &item.pick.source };
        for held in left_holds(seen, way, dataset) {
            let _ = writeln!(text, "release\t{held}");
        }
        let kind = if item.volume { "volume" } else { "fs" };
        let how = if drill { "clone" } else { "any" };
        let guid = item.pick.guid.0;
        let _ = writeln!(text, "read\t{key}\t{dataset}\t{name}\t{guid}\t{kind}\t{how}");
    }
    text + "go\n"
}

/// Snapshots that a cut run may have left held.
fn left_holds(seen: &Seen, way: &Edge, dataset: &Dataset) -> Vec<String> {
    let tag = marks::verify_hold(way);
    let Some(listed) = seen.survey.listing.datasets.get(dataset) else { return Vec::new() };
    let held = listed.snapshots.iter().filter(|one| one.holds > 0);
    held.map(|one| format!("{dataset}@{}", one.name))
        .filter(|full| seen.survey.holds.get(full).is_none_or(|tags| tags.contains(&tag)))
        .collect()
}

#[cfg(test)]
mod tests;
