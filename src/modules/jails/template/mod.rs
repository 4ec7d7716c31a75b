//! `bastille_template`: a template that was applied to a jail.

#[cfg(test)]
mod tests;

use super::bastille::{Bastille, CONF, check_name, only_freebsd};
use crate::base::{Key, Value};
use crate::modules::told::{Kept, Told};
use crate::spec::args::Dict;
use crate::spec::input::hex;
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look, Op, Plan, Probe, Ran, Risk, State,
    Support,
};
use sha1::{Digest, Sha1};

crate::args! {
    /// Which template and where.
    pub struct Args {
        /// The jail's whole name; it runs.
        name: String => [required(), aliases(&["jail"])],
        /// The template as `project/template`; it is on the host.
        template: String => [required()],
        /// Its arguments. They pass through a shell: only letters, digits, blanks and `._:/@%+,=-` can be given.
        args: Dict => [],
        /// Whether it is applied although it was applied so before.
        force: bool => [default("no")],
    }
    rules []
}

static DOC: Doc = Doc {
    name: "bastille_template",
    full_names: &[],
    short: "Apply a template of Bastille to a jail, once for each version of it and its arguments.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::None,
    examples: &[Example {
        title: "Once",
        yaml: "bastille_template: {name: web, template: warden/web, args: {SITE: example.org}}",
    }],
    returns: &[("applied", "whether this version was applied with these arguments before")],
};

/// The module.
pub struct BastilleTemplate;

/// What is there.
pub struct Seen {
    all: Bastille,
    /// What was applied: a template and a digest in each line.
    marks: Kept,
    /// Where the template is; Err: where it should be.
    template: Result<String, String>,
    digest: String,
    coming: bool,
}

impl State for BastilleTemplate {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        only_freebsd("bastille_template", ctx)?;
        check(args)?;
        const SCRIPT: &str = concat!(
            include_str!("../../told/ask.sh"),
            include_str!("../look.sh"),
            include_str!("look.sh")
        );
        let probe =
            Probe::new("bastille_template", SCRIPT).words([CONF, &args.name, &args.template]);
        Ok(probe.heavy().isolated())
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        let all = Bastille::read(&told, ctx)?;
        let marks = Kept::of(&told, &all.file(&args.name, ".tank-templates"), ctx)?;
        let at = told.text("template").to_string();
        let template = if told.worked("template") { Ok(at) } else { Err(at) };
        let mut sum = Sha1::new();
        for path in told.paths().filter(|path| *path != marks.path) {
            let file = Kept::of(&told, path, ctx)?;
            sum.update(format!("{path}\n{}\n", file.bytes.len()));
            sum.update(&file.bytes);
        }
        for (name, value) in &args.args.0 {
            sum.update(format!("{name}={}\n", value.text()));
        }
        let coming = all.coming(&args.name, ctx)?;
        Ok(Look::Seen(Seen { digest: hex(&sum.finalize()), marks, template, all, coming }))
    }

    fn plan(&self, args: &Args, seen: &Seen, _: Ctx<'_>) -> Result<Plan, Failure> {
        if let Err(at) = &seen.template {
            return Err(Failure::new(format!("there is no template {at}")).missing());
        }
        if seen.applied(args) && !args.force {
            return Ok(Plan::ok());
        }
        let runs = seen.all.running_of(&args.name).is_some();
        if !runs && !seen.coming {
            return Err(Failure::new(format!("jail not running: {}", args.name)).missing());
        }
        let dir = seen.all.jails_dir();
        let script = Probe::new("bastille_template_act", include_str!("act.sh"));
        let script =
            script.words([dir.as_str(), &args.name, "template", &args.name, &args.template]);
        let pairs =
            args.args.0.iter().flat_map(|(name, value)| {
                ["--arg".to_string(), format!("{name}={}", value.text())]
            });
        let why = format!("apply {} to {}", args.template, args.name);
        let apply = Change::new(Op::Script(script.words(pairs)), why).risk(Risk::Medium);
        let mut changes = vec![apply];
        let marks = seen.marked(args);
        if marks != seen.marks.text() {
            changes.push(seen.marks.write(marks, 0o600, format!("note it in {}", seen.marks.path)));
        }
        let mut plan = Plan::of(changes);
        plan.uncertain = Some("what a template does is known only once it ran".to_string());
        Ok(plan)
    }

    fn verify(&self, _: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        after.marks.wrote(change)
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        super::explain(ran)
    }

    fn result(&self, args: &Args, before: &Seen, _: Option<&Seen>, _: &Plan, _: &[Ran]) -> Fields {
        [(Key::from("applied"), Value::from(before.applied(args)))].into_iter().collect()
    }
}

impl Seen {
    fn applied(&self, args: &Args) -> bool {
        let mark = format!("{} {}", args.template, self.digest);
        self.marks.text().lines().any(|line| line == mark)
    }

    /// The notes with this one: one for each template.
    fn marked(&self, args: &Args) -> String {
        let text = self.marks.text();
        let lead = format!("{} ", args.template);
        let others = text.lines().filter(|line| !line.starts_with(&lead));
        others
            .map(str::to_string)
            .chain([format!("{lead}{}", self.digest)])
            .map(|line| line + "\n")
            .collect()
    }
}

fn check(args: &Args) -> Result<(), Failure> {
    check_name(&args.name)?;
    let part = |part: &str| {
        let letter = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        !part.is_empty() && !part.starts_with(['.', '-']) && part.chars().all(letter)
    };
    if !args.template.split_once('/').is_some_and(|(project, name)| part(project) && part(name)) {
        return Err(Failure::new(format!("'{}' is no template: project/template", args.template)));
    }
    for (name, value) in &args.args.0 {
        let name = name.to_string();
        if value.has_secret() {
            return Err(Failure::new(format!(
                "{name} is secret: what a template is given can be seen by anybody"
            )));
        }
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let good = |c: char| c.is_ascii_alphanumeric() || " ._:/@%+,=-".contains(c);
        if name.is_empty() || !name.chars().all(word) || !value.text().chars().all(good) {
            return Err(Failure::new(format!("invalid argument of a template: {name}")));
        }
    }
    Ok(())
}
