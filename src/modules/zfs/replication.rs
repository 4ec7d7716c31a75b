//! `zfs_replication`: copies datasets from host to host, as `tank replicate` does.

use crate::spec::args::{Dict, Raw};
use crate::spec::{
    BoxFuture, Control, ControlOutcome, Doc, Example, Failure, PlayContext, Support,
};
use crate::zfs::topology;

crate::args! {
    /// Which edges.
    pub struct Args {
        /// Edges, as in replication.yml: id, source and target (HOST:POOL/DATASET), encryption, recursive, ...
        edges: Raw => [required()],
        /// What holds for each edge that does not say otherwise.
        defaults: Option<Dict> => [],
        /// How often a stream that is cut is gone on with.
        retries: i64 => [default("2")],
    }
}

static DOC: Doc = Doc {
    name: "zfs_replication",
    full_names: &["tank.builtin.zfs_replication"],
    short: "Copy ZFS datasets and their snapshots between hosts of the inventory.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::None,
    examples: &[Example {
        title: "Copy a tree to a backup host",
        yaml: "zfs_replication:\n  edges:\n    - {id: data, source: 'tank1:tank/data', target: 'backup1:backup/data', recursive: true, encryption: raw}",
    }],
    returns: &[("edges", "how each edge ended"), ("report", "the plan and its end, in lines")],
};

/// The module.
pub struct ZfsReplication;

impl Control for ZfsReplication {
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
            let retries = u32::try_from(args.retries).map_err(|_| {
                Failure::new(format!("retries is {}, wanted 0 or more", args.retries))
            })?;
            let fields = context.replicate(&file, retries).await?;
            Ok(ControlOutcome { fields, effects: Vec::new(), verbose_always: false })
        })
    }
}
