//! The sync log as it is written.
//!
//! The newest lines are read again and again, and those are shown that were not there before. They
//! are not read from where the last ended: functions write side by side, so a line can turn up before
//! one that was seen.

use std::{collections::HashSet, convert::Infallible, time::Duration};

use serde_json::Value;

use crate::{
    failure::Failure,
    request::Request,
    session::{Pages, Session},
    show::plain,
};

const PAUSE: Duration = Duration::from_secs(2);

/// Lines of a page: as many as the API gives.
const PAGE: usize = 100;

/// What was read the last time: anything older is older than all of it.
#[derive(Default)]
struct Seen {
    lines: HashSet<String>,
    /// The day of the newest.
    day: Option<String>,
}

/// Shows the last `before` lines and then each new one, for ever.
pub(crate) async fn follow(session: &mut Session<'_, '_>, before: usize) -> Result<(), Failure> {
    match forever(session, before).await {
        Ok(never) => match never {},
        Err(failure) => Err(failure),
    }
}

async fn forever(session: &mut Session<'_, '_>, before: usize) -> Result<Infallible, Failure> {
    let mut pages = Pages::new(newest(None), None);
    let first = pages.next(session).await?.unwrap_or_default();
    let mut seen = Seen::default();
    show(session, &first[..first.len().min(before)])?;
    seen.remember(&first);
    loop {
        tokio::time::sleep(PAUSE).await;
        let new = news(session, &mut seen).await?;
        show(session, &new)?;
    }
}

/// What was written since, the newest first.
async fn news(session: &mut Session<'_, '_>, seen: &mut Seen) -> Result<Vec<Value>, Failure> {
    let day = seen.day.clone();
    let (mut read, met) = read_until_known(session, seen, None).await?;
    if let Some(day) = day.filter(|_| !met) {
        // The day has turned, and the one before may have got a last line.
        read.extend(read_until_known(session, seen, Some(&day)).await?.0);
    }
    let mut once = HashSet::new();
    let is_new = |it: &&Value| {
        let line = it.to_string();
        !seen.lines.contains(&line) && once.insert(line)
    };
    let new = read.iter().filter(is_new).cloned().collect();
    seen.remember(&read);
    Ok(new)
}

/// Pages from the newest line back to one with a line that is known, and whether there is one.
async fn read_until_known(
    session: &mut Session<'_, '_>,
    seen: &Seen,
    day: Option<&str>,
) -> Result<(Vec<Value>, bool), Failure> {
    let mut pages = Pages::new(newest(day), None);
    let mut read = Vec::new();
    while let Some(page) = pages.next(session).await? {
        let is_known = page.iter().any(|it| seen.lines.contains(&it.to_string()));
        read.extend(page);
        if is_known {
            return Ok((read, true));
        }
    }
    Ok((read, false))
}

fn newest(day: Option<&str>) -> Request {
    Request::get(&["sync-log"]).query("limit", PAGE.to_string()).query_if("day", day)
}

impl Seen {
    fn remember(&mut self, read: &[Value]) {
        if let Some(newest) = read.first() {
            self.lines = read.iter().map(Value::to_string).collect();
            self.day = newest["at"].as_str().and_then(|it| it.get(..10)).map(str::to_owned);
        }
    }
}

/// The oldest first. A table would have to know what is still to come, so the fields stand side by
/// side.
fn show(session: &mut Session<'_, '_>, newest_first: &[Value]) -> Result<(), Failure> {
    for entry in newest_first.iter().rev() {
        let line = if session.is_json() { entry.to_string() } else { told(entry) };
        session.line(&line)?;
    }
    Ok(())
}

fn told(entry: &Value) -> String {
    let field = |name: &str| plain(&entry[name]);
    let took = entry["took_ms"].as_u64().map(|it| format!("{it} ms")).unwrap_or_default();
    let (at, operation, result) = (field("at"), field("operation"), field("result"));
    let line = format!("{at:30}  {operation:14}  {result:9}  {}", field("subject"));
    let rest = [field("integration"), took, field("why")];
    let rest = rest.into_iter().filter(|it| !it.is_empty());
    std::iter::once(line).chain(rest).collect::<Vec<_>>().join("  ")
}
