//! `duplex`: the operators' command line. Everything it does is in the library.

use std::{
    io::{self, IsTerminal},
    process::ExitCode,
};

use cli::Terminal;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let (mut input, mut out, mut err) = (io::stdin().lock(), io::stdout(), io::stderr());
    let is_watched = err.is_terminal();
    let mut terminal = Terminal { input: &mut input, out: &mut out, err: &mut err, is_watched };
    cli::run(std::env::args_os(), &mut terminal).await.into()
}
