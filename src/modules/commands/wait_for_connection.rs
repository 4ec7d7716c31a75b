//! `wait_for_connection`: waits until a host can be logged in to.

use crate::base::Value;
use crate::spec::{
    Action, ActionContext, BoxFuture, Doc, Example, Failure, Fields, Probe, Support,
};
use std::time::{Duration, Instant};

crate::args! {
    /// How long.
    pub struct Args {
        /// Seconds before the first try.
        delay: f64 => [default("0")],
        /// Seconds between tries.
        sleep: f64 => [default("1")],
        /// Seconds in all.
        timeout: f64 => [default("600")],
        /// Seconds that one try may take.
        connect_timeout: f64 => [default("5")],
    }
}

static DOC: Doc = Doc {
    name: "wait_for_connection",
    full_names: &["ansible.builtin.wait_for_connection", "ansible.legacy.wait_for_connection"],
    short: "Wait until a host can be logged in to.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::None,
    examples: &[Example { title: "After a reboot", yaml: "wait_for_connection: {timeout: 60}" }],
    returns: &[("elapsed", "seconds that passed")],
};

/// The module.
pub struct WaitForConnection;

impl Action for WaitForConnection {
    type Args = Args;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn act<'a>(
        &'a self,
        args: &'a Args,
        ctx: ActionContext<'a>,
    ) -> BoxFuture<'a, Result<Fields, Failure>> {
        Box::pin(run(args, ctx))
    }
}

fn seconds(number: f64) -> Duration {
    Duration::try_from_secs_f64(number.max(0.0)).unwrap_or_default()
}

async fn run(args: &Args, ctx: ActionContext<'_>) -> Result<Fields, Failure> {
    let begun = Instant::now();
    tokio::time::sleep(seconds(args.delay)).await;
    loop {
        let answer = ctx.host.probe(Probe::new("ping", "tk_line pong"));
        let answered = tokio::time::timeout(seconds(args.connect_timeout), answer).await;
        let problem = match answered {
            Ok(Ok(_)) => break,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer".to_string(),
        };
        if begun.elapsed() >= seconds(args.timeout) {
            let text = format!("timed out waiting for ping module test: {problem}");
            let elapsed = begun.elapsed().as_secs() as i64;
            return Err(Failure::new(text).with("elapsed", elapsed));
        }
        tokio::time::sleep(seconds(args.sleep)).await;
        let again = tokio::time::timeout(seconds(args.connect_timeout), ctx.host.reconnect());
        // A try that fails is what is waited for; the next probe tells.
        drop(again.await);
    }
    let mut fields = Fields::new();
    fields.insert("changed".into(), Value::from(false));
    fields.insert("elapsed".into(), Value::from(begun.elapsed().as_secs() as i64));
    Ok(fields)
}
