//! The Jinja dialect: lexer and parser are minijinja's, the evaluator is ours.

pub mod table;
