//! `zfs_verify`: compares copies of datasets with what they were made of, as `tank replicate verify` does.

use crate::spec::args::{Dict, Raw};
use crate::spec::{
    BoxFuture, Control, ControlOutcome, Doc, Example, Failure, PlayContext, Support,
};
use crate::zfs::topology;

crate::choices! {
    /// How deep is looked.
    pub enum Depth { Guid = "guid", Written = "written", Content = "content", Drill = "drill" }
}

crate::args! {
    /// Which copies, and how deep.
    pub struct Args {
        /// Edges, as in replication.yml: id, source and target (HOST:POOL/DATASET), encryption, recursive, ...
        edges: Raw => [required()],
        /// What holds for each edge that does not say otherwise.
        defaults: Option<Dict> => [],
        /// How deep: guid (identities and order of snapshots), written (nothing since), content (digests of all files or
        /// blocks), drill (the same, of a clone on the target); each with all before it.
        level: Depth => [default("content")],
        /// Which snapshot's content, by its name on the source; else the newest common one.
        snapshot: Option<String> => [],
    }
}

static DOC: Doc = Doc {
    name: "zfs_verify",
    full_names: &["tank.builtin.zfs_verify"],
    short: "Compare copies of ZFS datasets with what they were made of.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::None,
    examples: &[Example {
        title: "Compare the content of a copy; where it differs, nothing of the edge is pruned any more",
        yaml: "zfs_verify:\n  edges:\n    - {id: data, source: 'tank1:tank/data', target: 'backup1:backup/data', recursive: true, encryption: raw}\n  level: content",
    }],
    returns: &[
        ("state", "verified, absent, unknown, unreachable or differs: of the worst edge"),
        ("edges", "what was found of each edge"),
        ("report", "the same in lines"),
    ],
};

/// The module.
pub struct ZfsVerify;

impl Control for ZfsVerify {
    type Args = Args;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn control<'a>(
        &'a self,
        args: &'a Args,
        context: &'a dyn PlayContext,
    ) -> BoxFuture<'a, Result<ControlOutcome, Failure>> {
        Box::pin(async move {
            let defaults = args.defaults.as_ref().map(|defaults| &defaults.0);
            let file = topology::of_args(&args.edges.0, defaults);
            let file = file.map_err(|error| Failure::new(error.chain()))?;
            let level = args.level.word();
            let fields = context.verify_copies(&file, level, args.snapshot.as_deref()).await?;
            Ok(ControlOutcome { fields, effects: Vec::new(), verbose_always: false })
        })
    }
}
