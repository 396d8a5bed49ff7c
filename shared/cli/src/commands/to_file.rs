//! Exports: all pages of one, a JSON object a line, into a file or to standard output.

use std::{fs::File, io::Write};

use serde_json::Value;

use crate::{
    failure::Failure,
    request::Request,
    session::{Pages, Session},
};

pub(crate) async fn export(
    session: &mut Session<'_, '_>,
    request: Request,
    to: Option<&str>,
) -> Result<(), Failure> {
    let mut pages = Pages::new(request, None);
    // Asked for before the file is made: what is refused leaves nothing behind.
    let mut next = pages.next(session).await?;
    let mut file = to.map(create).transpose()?;
    let mut progress = session.progress("records", None);
    let mut count = 0;
    while let Some(records) = next {
        let lines: String = records.iter().flat_map(|it| [it.to_string(), "\n".into()]).collect();
        match (&mut file, to) {
            (Some(file), Some(path)) => {
                let broken = |source| Failure::File { path: path.to_owned(), source };
                file.write_all(lines.as_bytes()).map_err(broken)?;
            }
            _ => session.text(&lines)?,
        }
        count += records.len();
        session.advance(&mut progress, records.len());
        next = pages.next(session).await?;
    }
    drop(progress);
    session.note(&format!("{count} records."));
    Ok(())
}

/// A new file. One that is there already may be the export of another day.
fn create(path: &str) -> Result<File, Failure> {
    File::create_new(path).map_err(|source| Failure::File { path: path.to_owned(), source })
}

/// Writes one thing, whole.
pub(crate) fn write(
    session: &mut Session<'_, '_>,
    thing: &Value,
    to: Option<&str>,
) -> Result<(), Failure> {
    let Some(path) = to else { return session.tell(thing) };
    let broken = |source| Failure::File { path: path.to_owned(), source };
    create(path)?.write_all(format!("{thing:#}\n").as_bytes()).map_err(broken)
}
