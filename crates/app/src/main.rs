//! The binary `amanah`.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    amanah::cli::run().unwrap_or_else(|error| {
        // One sentence for the person at the terminal; a backtrace would only hide it.
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
