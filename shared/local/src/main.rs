//! `cargo run`: the whole of Duplex on this machine.

use std::process::ExitCode;

use anyhow::{anyhow, ensure};
use clap::Parser as _;
use local::{
    cli::{Cli, Command},
    running::{World, welcome},
    say::Printer,
    story,
};
use tokio::signal::unix::{SignalKind, signal};

/// What a shell expects of somebody who was interrupted.
const INTERRUPTED: u8 = 130;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut printer = Printer::stdout();
    // Whatever is under way when the signal comes is dropped, and with it all that it started.
    let started = tokio::select! {
        started = start(&cli, &mut printer) => Some(started),
        () = interruption() => None,
    };
    match started {
        None => {
            printer.line("\nStopped.");
            ExitCode::from(INTERRUPTED)
        }
        Some(Ok(world)) if cli.stays() => {
            welcome(&world, &mut printer);
            interruption().await;
            printer.line("\nStopping.");
            drop(world);
            ExitCode::SUCCESS
        }
        Some(Ok(_)) => ExitCode::SUCCESS,
        Some(Err(error)) => {
            printer.failure(&format!("Failed: {error}"));
            for cause in error.chain().skip(1) {
                printer.line(&format!("  because {cause}"));
            }
            ExitCode::FAILURE
        }
    }
}

/// Starts the world and plays the story in it, if it is to be played.
async fn start(cli: &Cli, printer: &mut Printer) -> anyhow::Result<World> {
    let replaced = cli.options.elsewhere.replaced();
    let can_play = replaced.is_empty();
    ensure!(
        can_play || cli.command != Some(Command::Story),
        "the story needs every simulator, and an address was given for {}: \
         start with `cargo run -- up` instead",
        replaced.join(", ")
    );
    let world = World::start(&cli.options, printer).await?;
    if cli.plays() && can_play {
        return play(world, printer).await;
    }
    if cli.plays() {
        printer
            .line(&format!("The story is left out: it needs {} simulated.", replaced.join(", ")));
    }
    Ok(world)
}

/// Logs are kept of a story that broke.
async fn play(world: World, printer: &mut Printer) -> anyhow::Result<World> {
    match story::play(&world, printer).await {
        Ok(()) => Ok(world),
        Err(broken) => {
            Err(anyhow!("{broken}\n       logs      {}", world.end_keeping_logs().display()))
        }
    }
}

/// Ctrl-C, or whoever ends processes politely. Without a way to hear of it, never.
async fn interruption() {
    let heard = async |kind| match signal(kind) {
        Ok(mut signal) => drop(signal.recv().await),
        Err(_) => std::future::pending().await,
    };
    tokio::select! {
        () = heard(SignalKind::interrupt()) => {}
        () = heard(SignalKind::terminate()) => {}
    }
}
