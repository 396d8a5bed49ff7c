//! Telling a story: chapters, and in each what must come true within its time.

use std::{
    fmt,
    time::{Duration, Instant},
};

use crate::say::Printer;

/// How long anything may take that has nothing to wait for but a slow machine.
const SOON: Duration = Duration::from_secs(20);

/// How often we look.
const PAUSE: Duration = Duration::from_millis(50);

/// Something did not come true.
#[derive(Debug)]
pub struct Failed {
    chapter: String,
    expected: String,
    within: Duration,
    found: anyhow::Error,
}

pub(crate) struct Teller<'a> {
    printer: &'a mut Printer,
    chapter: String,
    told: u32,
}

impl<'a> Teller<'a> {
    pub(crate) fn new(printer: &'a mut Printer) -> Self {
        Self { printer, chapter: String::new(), told: 0 }
    }

    /// How many claims held so far.
    pub(crate) fn told(&self) -> u32 {
        self.told
    }

    pub(crate) fn chapter(&mut self, title: &str) {
        title.clone_into(&mut self.chapter);
        self.printer.heading(title);
    }

    /// Looks until `claim` holds. What the last look says of it is what was found.
    pub(crate) async fn shows<T>(
        &mut self,
        claim: &str,
        look: impl AsyncFn() -> anyhow::Result<T>,
    ) -> Result<T, Failed> {
        self.shows_within(SOON, claim, look).await
    }

    /// The same for what takes its time.
    pub(crate) async fn shows_within<T>(
        &mut self,
        within: Duration,
        claim: &str,
        look: impl AsyncFn() -> anyhow::Result<T>,
    ) -> Result<T, Failed> {
        self.printer.waits_for(claim);
        let started = Instant::now();
        loop {
            match look().await {
                Ok(seen) => {
                    self.told += 1;
                    self.printer.holds(claim, started.elapsed());
                    return Ok(seen);
                }
                Err(found) if started.elapsed() >= within => {
                    self.printer.breaks(claim, started.elapsed());
                    let (chapter, expected) = (self.chapter.clone(), claim.to_owned());
                    return Err(Failed { chapter, expected, within, found });
                }
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    /// Does something that must succeed the first time.
    pub(crate) async fn does<T>(
        &mut self,
        claim: &str,
        doing: impl Future<Output = anyhow::Result<T>>,
    ) -> Result<T, Failed> {
        self.printer.waits_for(claim);
        let started = Instant::now();
        match doing.await {
            Ok(done) => {
                self.told += 1;
                self.printer.holds(claim, started.elapsed());
                Ok(done)
            }
            Err(found) => {
                let within = started.elapsed();
                self.printer.breaks(claim, within);
                let (chapter, expected) = (self.chapter.clone(), claim.to_owned());
                Err(Failed { chapter, expected, within, found })
            }
        }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { chapter, expected, within, found } = self;
        writeln!(f, "the story broke in \"{chapter}\"")?;
        writeln!(f, "       expected  {expected}, within {:.0} s", within.as_secs_f64().ceil())?;
        write!(f, "       found     {found:#}")
    }
}

impl std::error::Error for Failed {}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    };

    use super::*;

    /// Keeps what is printed.
    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn what_comes_true_late_is_true() {
        let paper = Paper::default();
        let mut printer = Printer::to(paper.clone());
        let mut teller = Teller::new(&mut printer);
        let looks = AtomicU32::new(0);

        let seen = teller
            .shows("it comes", async || {
                let look = looks.fetch_add(1, Ordering::Relaxed);
                anyhow::ensure!(look == 2, "not yet");
                Ok(look)
            })
            .await;

        assert_eq!(seen.unwrap(), 2);
        let said = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
        assert!(said.starts_with("  ok  0.1 s  it comes"), "{said}");
    }

    #[tokio::test]
    async fn a_failure_says_what_was_expected_and_what_was_found() {
        let mut printer = Printer::silent();
        let mut teller = Teller::new(&mut printer);
        teller.chapter("An outage");

        let failed = teller
            .shows_within(Duration::ZERO, "one message", async || {
                Err::<(), _>(anyhow::anyhow!("two messages"))
            })
            .await;

        let said = failed.unwrap_err().to_string();
        assert!(said.contains("An outage"), "{said}");
        assert!(said.contains("expected  one message"), "{said}");
        assert!(said.contains("found     two messages"), "{said}");
    }
}
