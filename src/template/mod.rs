//! The Jinja dialect: lexer and parser are minijinja's, the evaluator is ours.

pub mod filters;
pub mod lookups;
pub mod table;
pub mod tests;
