//! Words in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(tank::cli::main(std::env::args_os().collect()))
}
