//! Tasks that are repeated over items (S-53 to S-63).

use super::ahead::Items;
use super::outcome::Outcome;
use super::task::TaskRun;
use crate::base::{Diagnostic, Key, Kind, Map, Value};
use crate::play::{Loop, Register, Task};
use crate::spec::Event;
use crate::spec::event::{Status, TaskResult};
use crate::template::Templar;
use crate::template::table::Stop;
use crate::vars::TaskScope;
use std::sync::Arc;
use std::time::Duration;

/// The items of a task's loop; None without one.
pub fn items(task: &Task, scope: &TaskScope) -> Result<Option<Vec<Value>>, Stop> {
    let templar = Templar::new(scope);
    match &task.looping {
        None => Ok(None),
        Some(Loop::Items(raw)) => {
            let value = templar.render(raw)?;
            match value.as_list() {
                Some(items) => Ok(Some(items.to_vec())),
                None if matches!(value.kind, crate::base::Kind::Omit) => {
                    Err(Stop::fault("A template was resolved to an Omit scalar."))
                }
                None => Err(not_a_list(&value, raw)),
            }
        }
        Some(Loop::With(name, terms)) => {
            let rendered = templar.render(terms)?;
            let terms =
                rendered.as_list().map_or_else(|| vec![rendered.clone()], <[Value]>::to_vec);
            let found = templar.lookup(name, &terms, &Map::new())?;
            Ok(Some(found.iter().map(listed).collect()))
        }
    }
}

/// Tuples are lists once they are stored (S-27).
fn listed(value: &Value) -> Value {
    match &value.kind {
        Kind::Tuple(items) | Kind::List(items) => {
            Value::list(items.iter().map(listed).collect()).marked_as(value)
        }
        _ => value.clone(),
    }
}

fn not_a_list(value: &Value, raw: &Value) -> Stop {
    let kind = value.type_name();
    let text = format!("The `loop` value must resolve to a 'list', not '{kind}'.");
    let hint = "Provide a list of items/templates, or a template resolving to a list.";
    Stop::Fault(Diagnostic::new(text).at(raw.origin()).hint(hint))
}

/// Runs all items and sums them up.
pub async fn run(run: &mut TaskRun<'_>, items: Vec<Value>) -> Outcome {
    if items.is_empty() {
        return empty();
    }
    let name = run.task.loop_control.loop_var.clone().unwrap_or_else(|| "item".to_string());
    warn_taken(run, &name);
    let mut results = Vec::new();
    let mut sum = Sum::default();
    let total = items.len();
    let items: Arc<[Value]> = items.into();
    let mut latest: Option<Value> = None;
    let mut labelled = false;
    for (index, item) in items.iter().enumerate() {
        if index > 0
            && let Err(stop) = pause(run).await
        {
            return run.stopped(stop);
        }
        let scope = item_scope(run.task, &run.scope, &items, index, latest.as_ref());
        run.items = Some(Items { all: Arc::clone(&items), at: index });
        let mut outcome = run.once(&scope).await;
        labelled |= name_delegate(labelled, &mut outcome);
        mark_item(run, &scope, &name, item, &mut outcome);
        let broken = breaks(run, &scope, &mut outcome);
        show(run, &scope, item, &outcome);
        let registered = outcome.registered();
        latest = Some(registered.clone());
        results.push(registered);
        sum.add(outcome);
        if broken || run.batch.session.interrupt.is_pressed() {
            break;
        }
    }
    sum.outcome(results, total)
}

/// Only the first item that runs shows the address of the host it is delegated to. True: it ran.
fn name_delegate(labelled: bool, outcome: &mut Outcome) -> bool {
    if labelled && outcome.delegate_label.is_some() {
        outcome.delegate_label = outcome.delegated.as_ref().map(ToString::to_string);
    }
    outcome.status != Status::Skipped
}

/// Marks a loop without items (S-55).
fn empty() -> Outcome {
    let mut outcome = Outcome::new(Status::Skipped, Map::new());
    outcome.set("changed", false);
    outcome.set("results", Value::list(Vec::new()));
    outcome.set("skipped", true);
    outcome.set("skip_reason", "No items in the list");
    outcome.set("skipped_reason", "No items in the list");
    outcome
}

fn warn_taken(run: &TaskRun<'_>, name: &str) {
    use crate::spec::{Lookup, Scope};
    if matches!(run.scope.variable(name), Lookup::Found(_)) {
        let text = format!("The variable '{name}' is already in use.");
        let hint = "You should set the `loop_var` value in the `loop_control` option for the task to something else to avoid variable collisions and unexpected behavior.";
        run.scope.warnings.push(Diagnostic::new(text).at(run.task.origin.as_ref()).hint(hint));
    }
}

async fn pause(run: &TaskRun<'_>) -> Result<(), Stop> {
    let Some(raw) = &run.task.loop_control.pause else { return Ok(()) };
    let templar = Templar::new(&run.scope);
    let seconds: f64 = templar.render(raw)?.text().parse().unwrap_or(0.0);
    if let Ok(time) = Duration::try_from_secs_f64(seconds) {
        tokio::time::sleep(time).await;
    }
    Ok(())
}

/// The variables of one item; `latest` is the result of the one before it.
pub fn item_scope(
    task: &Task,
    outer: &TaskScope,
    items: &[Value],
    index: usize,
    latest: Option<&Value>,
) -> TaskScope {
    let mut scope = outer.clone();
    let control = &task.loop_control;
    let name = control.loop_var.as_deref().unwrap_or("item");
    scope.locals.insert(name.into(), items[index].clone());
    let var = Value::from(name);
    scope.locals.insert("ansible_loop_var".into(), var);
    if let Some(index_var) = &control.index_var {
        scope.locals.insert(index_var.as_str().into(), Value::from(index as i64));
        scope.locals.insert("ansible_index_var".into(), Value::from(index_var.as_str()));
    }
    if let (Some(Register::Name(register)), Some(latest)) = (&task.register, latest) {
        scope.locals.insert(register.as_str().into(), latest.clone());
    }
    let truth = |raw: &Option<Value>, default: bool| {
        let templar = Templar::new(outer);
        raw.as_ref().map_or(default, |raw| templar.render(raw).is_ok_and(|value| value.is_true()))
    };
    if truth(&control.extended, false) {
        let all = truth(&control.extended_allitems, true);
        scope.locals.insert("ansible_loop".into(), extended(items, index, all));
    }
    scope
}

/// `ansible_loop` (S-59).
fn extended(items: &[Value], index: usize, all: bool) -> Value {
    let (total, at) = (items.len() as i64, index as i64);
    let mut fields: Vec<(&str, Value)> = vec![
        ("index", Value::from(at + 1)),
        ("index0", Value::from(at)),
        ("revindex", Value::from(total - at)),
        ("revindex0", Value::from(total - at - 1)),
        ("first", Value::from(index == 0)),
        ("last", Value::from(at + 1 == total)),
        ("length", Value::from(total)),
    ];
    if all {
        fields.push(("allitems", Value::list(items.to_vec())));
    }
    if index > 0 {
        fields.push(("previtem", items[index - 1].clone()));
    }
    if let Some(next) = items.get(index + 1) {
        fields.push(("nextitem", next.clone()));
    }
    fields.into_iter().collect()
}

/// An item's result carries the item (S-57).
fn mark_item(
    run: &TaskRun<'_>,
    scope: &TaskScope,
    name: &str,
    item: &Value,
    outcome: &mut Outcome,
) {
    outcome.set(name, item.untrusted());
    outcome.set("ansible_loop_var", name);
    let control = &run.task.loop_control;
    if let Some(index_var) = &control.index_var {
        let index = scope.locals.get(&Key::from(index_var.as_str())).cloned().unwrap_or_default();
        outcome.set(index_var, index);
        outcome.set("ansible_index_var", index_var.as_str());
    }
    if let Some(extended) = scope.locals.get(&Key::from("ansible_loop")) {
        outcome.set("ansible_loop", extended.untrusted());
    }
    for request in &mut outcome.includes {
        request.item = Some(label(run, scope, item));
    }
}

/// Whether `break_when` ends the loop behind this item.
fn breaks(run: &TaskRun<'_>, scope: &TaskScope, outcome: &mut Outcome) -> bool {
    let conditions = &run.task.loop_control.break_when;
    if conditions.is_empty() {
        return false;
    }
    let scope = run.with_result(scope, outcome);
    let templar = Templar::new(&scope);
    let broken = conditions.iter().all(|condition| templar.condition(condition).unwrap_or(false));
    outcome.set("break_when_result", broken);
    broken
}

/// The text shown for an item (S-61).
fn label(run: &TaskRun<'_>, scope: &TaskScope, item: &Value) -> String {
    if run.info.no_log {
        return "(censored due to no_log)".to_string();
    }
    let Some(raw) = &run.task.loop_control.label else { return item.masked().text() };
    match Templar::new(scope).render(raw) {
        Ok(label) => label.masked().text(),
        Err(stop) => {
            if let Some(error) = stop.into_diagnostic() {
                scope.warnings.push(error);
            }
            item.masked().text()
        }
    }
}

fn show(run: &TaskRun<'_>, scope: &TaskScope, item: &Value, outcome: &Outcome) {
    if !outcome.includes.is_empty() {
        return;
    }
    run.batch.session.emit(Event::Item(TaskResult {
        task: Arc::clone(&run.info),
        host: Arc::clone(&run.host),
        delegated: outcome.delegate_label.clone(),
        status: outcome.status,
        result: Value::map(outcome.fields.clone()),
        item: Some(label(run, scope, item)),
        looped: true,
        ignored: false,
        verbose_always: outcome.verbose_always,
        show_diff: super::settle::shows_diff(run.batch, run.task, scope).unwrap_or(false),
        check: run.batch.session.options.check,
        uncertain: outcome.uncertain.clone(),
        error: outcome.error.clone(),
    }));
}

/// The sum over all items.
#[derive(Default)]
struct Sum {
    changed: bool,
    failed: bool,
    unreachable: bool,
    run: bool,
    acted: bool,
    uncertain: Option<String>,
    delegated: Option<Arc<str>>,
    effects: Vec<crate::spec::PlayEffect>,
    includes: Vec<super::outcome::IncludeRequest>,
    facts: Map,
}

impl Sum {
    fn add(&mut self, outcome: Outcome) {
        self.changed |= outcome.flag("changed");
        self.failed |= outcome.status == Status::Failed;
        self.unreachable |= outcome.status == Status::Unreachable;
        self.run |= outcome.status != Status::Skipped;
        self.acted |= outcome.acted;
        if let Some(facts) = outcome.field("ansible_facts").and_then(Value::as_map) {
            self.facts.extend(facts.iter().map(|(k, v)| (k.clone(), v.clone())));
        }
        self.uncertain = self.uncertain.take().or(outcome.uncertain);
        self.delegated = outcome.delegated.or(self.delegated.take());
        self.effects.extend(outcome.effects);
        self.includes.extend(outcome.includes);
    }

    /// The task's own result (S-56, S-57).
    fn outcome(self, results: Vec<Value>, _total: usize) -> Outcome {
        let status = match (self.unreachable, self.failed, self.run, self.changed) {
            (true, ..) => Status::Unreachable,
            (_, true, ..) => Status::Failed,
            (_, _, false, _) => Status::Skipped,
            (_, _, _, true) => Status::Changed,
            _ => Status::Ok,
        };
        let mut outcome = Outcome::new(status, Map::new());
        outcome.set("changed", self.changed);
        outcome.set("results", Value::list(results));
        if status == Status::Skipped {
            outcome.set("skipped", true);
        }
        if self.unreachable {
            outcome.set("unreachable", true);
        }
        outcome.set(
            "msg",
            match status {
                Status::Failed | Status::Unreachable => "One or more items failed",
                Status::Skipped => "All items skipped",
                _ => "All items completed",
            },
        );
        if !self.facts.is_empty() {
            outcome.effects.push(crate::spec::PlayEffect::Facts(self.facts));
        }
        outcome.effects.extend(self.effects);
        outcome.includes = self.includes;
        outcome.acted = self.acted;
        outcome.uncertain = self.uncertain;
        outcome.delegated = self.delegated;
        outcome
    }
}
