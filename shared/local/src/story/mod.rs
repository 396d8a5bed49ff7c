//! The main story, played from the outside: handsets, agents and carriers act, and what must
//! follow is looked for, in GoHighLevel, at the carriers, and in the tables.
//!
//! **Invariant:** nothing here calls a function. Whatever happens, happens because somebody
//! outside did something.

mod browser;
mod cast;
mod expiry;
mod forgeries;
mod install;
mod lost_answer;
mod opt_in;
mod opt_out;
mod outage;
mod reinstall;
mod repeats;
mod replies;
mod reports;
mod tell;
mod texts;

use std::time::Instant;

pub use cast::Missing;
pub use tell::Failed;

use crate::{running::World, say::Printer};
use cast::Cast;
use tell::Teller;

/// Why a story did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    #[error(transparent)]
    Missing(#[from] Missing),
    #[error(transparent)]
    Failed(#[from] Failed),
}

/// Plays the whole story. Ends at the first thing that does not hold.
pub async fn play(world: &World, printer: &mut Printer) -> Result<(), Broken> {
    let cast = Cast::of(world)?;
    let started = Instant::now();
    let mut teller = Teller::new(printer);
    tell(cast, &mut teller).await?;
    let (told, took) = (teller.told(), started.elapsed().as_secs_f64());
    printer.heading(&format!("The story holds: {told} claims in {took:.0} s"));
    Ok(())
}

async fn tell(on: Cast<'_>, teller: &mut Teller<'_>) -> Result<(), Failed> {
    install::play(on, teller).await?;
    texts::play(on, teller).await?;
    let replies = replies::play(on, teller).await?;
    repeats::play(on, teller).await?;
    forgeries::play(on, teller).await?;
    expiry::play(on, teller).await?;
    outage::play(on, teller).await?;
    opt_out::play(on, teller).await?;
    opt_in::play(on, teller).await?;
    reports::play(on, teller, &replies).await?;
    lost_answer::play(on, teller).await?;
    outage::look_back(on, teller).await?;
    reinstall::play(on, teller).await?;

    teller.chapter("All along");
    let violations = async || {
        let violations = on.ghl.violations();
        anyhow::ensure!(violations.is_empty(), "{violations:?}");
        Ok(())
    };
    teller.shows("GoHighLevel saw no call that its documents do not allow", violations).await
}
