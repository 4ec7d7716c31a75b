//! What a template's nodes become: one node keeps its type, several become text (S-25).

use super::core::Core;
use super::finalize::Finalize;
use super::secret::Pieces;
use crate::base::{Kind, Value};
use crate::template::table::Stop;

impl Core<'_> {
    /// The value of a template's output.
    pub fn concat(&self, nodes: Vec<Value>) -> Result<Value, Stop> {
        let mut nodes: Vec<Value> = nodes.into_iter().filter(|node| !node.is_null()).collect();
        match nodes.len() {
            0 => Ok(Value::NULL),
            1 => Ok(nodes.remove(0)),
            _ => self.join(&nodes),
        }
    }

    fn join(&self, nodes: &[Value]) -> Result<Value, Stop> {
        let mut pieces = Pieces::default();
        for node in nodes {
            let node = match &node.kind {
                Kind::Omit => continue,
                Kind::Str(_) => {
                    pieces.push(node, node.as_str().unwrap_or_default());
                    continue;
                }
                _ => self.finalize(node, Finalize::Text)?,
            };
            let text = self.text(&node)?;
            pieces.push(&node, &text);
        }
        Ok(pieces.finish())
    }
}
