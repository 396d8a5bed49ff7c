//! Erasing: asked for again until nothing is left.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{failure::Failure, request::Request, session::Session};

/// What is on its way just now is let go by before it is asked for again.
const PAUSE: Duration = Duration::from_secs(2);

/// How often nothing comes of it before somebody should look.
const FRUITLESS: u32 = 30;

/// Sends what `request` makes until the answer is complete. Each is a request of its own: under the
/// same key the first answer would come again.
pub(crate) async fn all(
    session: &mut Session<'_, '_>,
    what: &'static str,
    request: impl Fn() -> Result<Request, Failure>,
    counts: &[&str],
) -> Result<(), Failure> {
    let mut progress = session.progress(what, None);
    let mut totals = vec![0; counts.len()];
    let mut fruitless = 0;
    loop {
        let answer = session.ask(&request()?).await?;
        let news: Vec<u64> = counts.iter().map(|it| answer[it].as_u64().unwrap_or(0)).collect();
        totals.iter_mut().zip(&news).for_each(|(total, new)| *total += new);
        let erased: u64 = news.iter().sum();
        session.advance(&mut progress, usize::try_from(erased).unwrap_or_default());
        if answer["complete"] == true {
            break;
        }
        fruitless = if erased == 0 { fruitless + 1 } else { 0 };
        if fruitless == FRUITLESS {
            let why = "Something is still on its way and cannot be erased. Try again later.";
            return Err(Failure::NotDone(why.to_owned()));
        }
        if erased == 0 {
            tokio::time::sleep(PAUSE).await;
        }
    }
    drop(progress);
    let mut summary: Value = json!({ "complete": true });
    for (name, total) in counts.iter().zip(totals) {
        summary[name] = json!(total);
    }
    session.tell(&summary)
}
