//! What a person reads while the world runs. Nothing else in the project writes to the terminal.

use std::{
    fmt,
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

/// What fits on one line of any terminal, and can be taken back there.
const WIDTH: usize = 78;

/// Writes calm lines. On a terminal it says what it waits for, and colours what it says.
pub struct Printer {
    out: Box<dyn Write + Send>,
    is_terminal: bool,
    has_colours: bool,
}

#[derive(Clone, Copy)]
enum Colour {
    Green = 32,
    Red = 31,
    Bold = 1,
    Dim = 2,
}

impl Printer {
    /// To standard output.
    pub fn stdout() -> Self {
        let is_terminal = io::stdout().is_terminal();
        let is_plain = std::env::var_os("NO_COLOR").is_some_and(|it| !it.is_empty());
        Self { out: Box::new(io::stdout()), is_terminal, has_colours: is_terminal && !is_plain }
    }

    /// To anything that keeps it, without colours.
    pub fn to(out: impl Write + Send + 'static) -> Self {
        Self { out: Box::new(out), is_terminal: false, has_colours: false }
    }

    /// To nobody.
    pub fn silent() -> Self {
        Self::to(io::sink())
    }

    /// A line out of turn, from somebody who has no printer.
    pub fn aside(text: &str) {
        Self::stdout().line(text);
    }

    pub fn line(&mut self, text: &str) {
        // Whoever reads may have gone. That is no reason to stop.
        drop(writeln!(self.out, "{text}"));
    }

    /// A line that begins something, after an empty one.
    pub fn heading(&mut self, text: &str) {
        let text = self.coloured(Colour::Bold, text);
        self.line(&format!("\n{text}"));
    }

    /// The same for what went wrong.
    pub fn failure(&mut self, text: &str) {
        let text = self.coloured(Colour::Red, text);
        self.line(&format!("\n{text}"));
    }

    /// Does one step of the start, and says what it was and how long it took.
    pub async fn step<T, E>(
        &mut self,
        what: &str,
        doing: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        self.waits_for(what);
        let started = Instant::now();
        let done = doing.await;
        self.take_back();
        if done.is_ok() {
            self.timed("  ", what, started.elapsed());
        }
        done
    }

    /// Says that something is being waited for, where that can be taken back.
    pub(crate) fn waits_for(&mut self, what: &str) {
        if self.is_terminal {
            let line: String = format!("    … {what}").chars().take(WIDTH).collect();
            let line = self.coloured(Colour::Dim, &line);
            drop(write!(self.out, "{line}"));
            drop(self.out.flush());
        }
    }

    /// What was waited for has come.
    pub(crate) fn holds(&mut self, what: &str, took: Duration) {
        self.take_back();
        let mark = self.coloured(Colour::Green, "ok");
        self.timed(&mark, what, took);
    }

    /// What was waited for has not come.
    pub(crate) fn breaks(&mut self, what: &str, took: Duration) {
        self.take_back();
        let mark = self.coloured(Colour::Red, "NO");
        self.timed(&mark, what, took);
    }

    fn timed(&mut self, mark: &str, what: &str, took: Duration) {
        let took = format!("{:>4.1} s", took.as_secs_f64());
        let took = self.coloured(Colour::Dim, &took);
        self.line(&format!("  {mark} {took}  {what}"));
    }

    fn take_back(&mut self) {
        if self.is_terminal {
            drop(write!(self.out, "\r\x1b[K"));
        }
    }

    fn coloured(&self, colour: Colour, text: &str) -> String {
        if self.has_colours {
            format!("\x1b[{}m{text}\x1b[0m", colour as u8)
        } else {
            text.to_owned()
        }
    }
}

impl fmt::Debug for Printer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Printer").field("is_terminal", &self.is_terminal).finish_non_exhaustive()
    }
}
