//! One run of the program: the way to the API, and the way to the person.

use std::{fs::File, io::Read};

use serde_json::Value;

use crate::{
    cli::Common,
    client::{Answered, Client},
    failure::Failure,
    progress::Progress,
    request::Request,
    show::{self, Columns, clean},
    terminal::Terminal,
};

/// Items of a page: as many as the API gives.
const PAGE: usize = 100;

pub(crate) struct Session<'t, 'io> {
    client: Client,
    terminal: &'t mut Terminal<'io>,
    tenant: Option<String>,
    is_json: bool,
    says_yes: bool,
}

impl<'t, 'io> Session<'t, 'io> {
    pub(crate) fn new(common: Common, terminal: &'t mut Terminal<'io>) -> Result<Self, Failure> {
        let tenant = common.tenant.clone();
        let client = Client::new(common.url, common.key, common.tenant)?;
        Ok(Self { client, terminal, tenant, is_json: common.json, says_yes: common.yes })
    }

    /// The tenant that an operator acts for.
    pub(crate) fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    pub(crate) fn is_json(&self) -> bool {
        self.is_json
    }

    pub(crate) async fn ask(&mut self, request: &Request) -> Result<Value, Failure> {
        self.ask_versioned(request).await.map(|it| it.body)
    }

    pub(crate) async fn ask_versioned(&mut self, request: &Request) -> Result<Answered, Failure> {
        self.client.call(request, self.terminal.err).await
    }

    /// Asks, and shows what is answered.
    pub(crate) async fn show(&mut self, request: &Request) -> Result<Value, Failure> {
        let answer = self.ask(request).await?;
        self.tell(&answer)?;
        Ok(answer)
    }

    /// Shows one thing.
    pub(crate) fn tell(&mut self, thing: &Value) -> Result<(), Failure> {
        if self.is_json { self.line(&thing.to_string()) } else { self.text(&show::record(thing)) }
    }

    /// Shows several things that have the same columns.
    pub(crate) fn tell_all(&mut self, columns: Columns, things: &[Value]) -> Result<(), Failure> {
        if self.is_json {
            return things.iter().try_for_each(|it| self.line(&it.to_string()));
        }
        if things.is_empty() {
            self.note("There is none.");
            return Ok(());
        }
        self.text(&show::table(columns, things))
    }

    /// Shows a list, page by page, up to `limit` items.
    pub(crate) async fn list(
        &mut self,
        request: Request,
        columns: Columns,
        limit: Option<usize>,
    ) -> Result<(), Failure> {
        let page = limit.unwrap_or(PAGE).clamp(1, PAGE);
        let mut pages = Pages::new(request.query("limit", page.to_string()), limit);
        let mut all = Vec::new();
        while let Some(mut items) = pages.next(self).await? {
            if self.is_json {
                self.tell_all(columns, &items)?;
            } else {
                all.append(&mut items);
            }
        }
        if self.is_json { Ok(()) } else { self.tell_all(columns, &all) }
    }

    /// Something beside the result.
    pub(crate) fn note(&mut self, text: &str) {
        // Whoever reads may have gone. That is no reason to stop.
        drop(writeln!(self.terminal.err, "{text}"));
    }

    pub(crate) fn line(&mut self, text: &str) -> Result<(), Failure> {
        self.text(&format!("{text}\n"))
    }

    pub(crate) fn text(&mut self, text: &str) -> Result<(), Failure> {
        self.terminal.out.write_all(text.as_bytes())?;
        Ok(self.terminal.out.flush()?)
    }

    pub(crate) fn progress(&self, what: &'static str, of: Option<usize>) -> Progress {
        Progress::new(what, of.map(|it| it as u64), self.terminal.is_watched)
    }

    pub(crate) fn advance(&mut self, progress: &mut Progress, by: usize) {
        progress.advance(by as u64, self.terminal.err);
    }

    /// Has a person write `word`, unless they said yes to everything.
    pub(crate) fn confirm(&mut self, what: &str, word: &str) -> Result<(), Failure> {
        if self.says_yes {
            return Ok(());
        }
        drop(write!(self.terminal.err, "{what}\nType {} to go on: ", clean(word)));
        drop(self.terminal.err.flush());
        let mut given = String::new();
        self.terminal.input.read_line(&mut given).map_err(reading_input)?;
        if given.trim() == word {
            return Ok(());
        }
        let why = "Nothing was done. Where nobody can answer, say --yes.";
        Err(Failure::Usage(why.to_owned()))
    }

    /// What is in a file, or for `-` in the input.
    pub(crate) fn read(&mut self, path: &str) -> Result<String, Failure> {
        let mut text = String::new();
        if path == "-" {
            self.terminal.input.read_to_string(&mut text).map_err(reading_input)?;
        } else {
            let broken = |source| Failure::File { path: path.to_owned(), source };
            let mut file = File::open(path).map_err(broken)?;
            file.read_to_string(&mut text).map_err(broken)?;
        }
        Ok(text)
    }

    /// A JSON object from a file or the input. What is in it may be secret, so that a fault in it is
    /// told by its place.
    pub(crate) fn read_object(&mut self, path: &str) -> Result<Value, Failure> {
        let read: Result<Value, _> = serde_json::from_str(&self.read(path)?);
        let named = if path == "-" { "the input" } else { path };
        let why = match read {
            Ok(object @ Value::Object(_)) => return Ok(object),
            Ok(_) => format!("{named} is not a JSON object."),
            Err(e) => format!("{named} is not JSON: line {}, column {}.", e.line(), e.column()),
        };
        Err(Failure::Usage(why))
    }
}

fn reading_input(source: std::io::Error) -> Failure {
    Failure::File { path: "the input".to_owned(), source }
}

/// A list that comes in pages.
pub(crate) struct Pages {
    request: Request,
    cursor: Option<String>,
    left: Option<usize>,
    is_over: bool,
}

impl Pages {
    pub(crate) fn new(request: Request, limit: Option<usize>) -> Self {
        Self { request, cursor: None, left: limit, is_over: limit == Some(0) }
    }

    /// The next page, or nothing after the last.
    pub(crate) async fn next(
        &mut self,
        session: &mut Session<'_, '_>,
    ) -> Result<Option<Vec<Value>>, Failure> {
        if self.is_over {
            return Ok(None);
        }
        let request = self.request.clone().query_if("cursor", self.cursor.as_deref());
        let mut answer = session.ask(&request).await?;
        let mut items = match answer["items"].take() {
            Value::Array(items) => items,
            _ => Vec::new(),
        };
        self.cursor = answer["next_cursor"].as_str().map(str::to_owned);
        self.is_over = self.cursor.is_none();
        if let Some(left) = &mut self.left {
            items.truncate(*left);
            *left -= items.len();
            self.is_over |= *left == 0;
        }
        Ok(Some(items))
    }
}
