//! `group_by`: puts hosts into groups made from their variables.

use crate::base::{Map, Value};
use crate::spec::args::Refuser;
use crate::spec::{
    BoxFuture, Control, ControlOutcome, Doc, Example, Failure, Lookup, PlayContext, PlayEffect,
    Rule, Support,
};

crate::args! {
    /// Which group.
    pub struct Args {
        /// Name of the group.
        key: String => [required()],
        /// Groups it is put under.
        parents: Vec<String> => [default("all")],
    }
    rules [Rule::Action(Refuser::Action, |args| {
        (!args.has("key")).then_some("the 'key' param is required when using group_by")
    })]
}

static DOC: Doc = Doc {
    name: "group_by",
    full_names: &["ansible.builtin.group_by", "ansible.legacy.group_by"],
    short: "Put hosts into groups made from their variables.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::NotApplicable,
    examples: &[Example {
        title: "One group for each name",
        yaml: "group_by: {key: \"host_{{ inventory_hostname }}\"}",
    }],
    returns: &[("add_group", "name of the group"), ("parent_groups", "groups it is put under")],
};

/// The module.
pub struct GroupBy;

impl Control for GroupBy {
    type Args = Args;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn control<'a>(
        &'a self,
        args: &'a Args,
        context: &'a dyn PlayContext,
    ) -> BoxFuture<'a, Result<ControlOutcome, Failure>> {
        let dashed = |text: &String| Value::from(text.replace(' ', "-"));
        let parents: Vec<Value> = args.parents.iter().map(dashed).collect();
        let mut fields = Map::new();
        fields.insert("changed".into(), Value::from(!is_member(context, &args.key)));
        fields.insert("add_group".into(), dashed(&args.key));
        fields.insert("parent_groups".into(), Value::list(parents));
        let group = args.key.clone();
        let parents = args.parents.iter().map(|text| text.replace(' ', "-")).collect();
        let effects = vec![PlayEffect::GroupBy { group, parents }];
        let outcome = ControlOutcome { fields, effects, verbose_always: false };
        Box::pin(std::future::ready(Ok(outcome)))
    }
}

/// Whether the host is in a group already.
fn is_member(context: &dyn PlayContext, group: &str) -> bool {
    let Lookup::Found(groups) = context.scope().variable("groups") else { return false };
    let members = groups.get(group).and_then(|hosts| hosts.as_list().map(<[Value]>::to_vec));
    members.is_some_and(|hosts| hosts.iter().any(|host| host.as_str() == Some(context.host())))
}
