//! The tour of the API in README.md, pasted into a shell as it stands there, and what it shows held
//! against what is answered.

use std::{
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use local::running::World;
use secrecy::ExposeSecret;

/// The port that the README speaks of, which is part of the key as well.
const PORT: &str = "8787";

/// How long something may take that happens after a request was answered.
const PATIENCE: Duration = Duration::from_secs(90);

/// A command, and the answer that is shown behind it.
struct Step {
    command: String,
    shown: Option<String>,
}

/// What comes before the first command, and the commands.
fn steps(readme: &str) -> (String, Vec<Step>) {
    let (_, tour) = readme.split_once("## A tour of the API").unwrap();
    let (_, block) = tour.split_once("```sh\n").unwrap();
    let (block, _) = block.split_once("\n```").unwrap();
    let (preamble, commands) = block.split_once("\n\n").unwrap();
    let mut steps: Vec<Step> = Vec::new();
    for line in commands.lines() {
        match (line.strip_prefix("# "), steps.last_mut()) {
            (Some(shown), Some(step)) => step.shown = Some(shown.to_owned()),
            (None, Some(step)) if !line.starts_with("ask ") => {
                step.command = format!("{}\n{line}", step.command);
            }
            _ => steps.push(Step { command: line.to_owned(), shown: None }),
        }
    }
    (preamble.to_owned(), steps)
}

/// The text without what is another each time: times, and how long something took.
fn steady(text: &str) -> String {
    let mut is_duration = false;
    let parts = text.split('"').map(|part| {
        let part = match part {
            _ if is_duration => part.replace(|it: char| it.is_ascii_digit(), ""),
            _ if part.parse::<Timestamp>().is_ok() => "a time".to_owned(),
            _ => part.to_owned(),
        };
        is_duration = part.ends_with("_ms");
        part
    });
    parts.collect::<Vec<_>>().join("\"")
}

/// Whether the parts that are shown, with `…` between them, are in the answer in this order.
fn shows(answer: &str, shown: &str) -> bool {
    let (answer, shown) = (steady(answer), steady(shown));
    let (parts, mut rest): (Vec<_>, _) = (shown.split('…').collect(), answer.as_str());
    for (n, part) in parts.iter().enumerate() {
        let found = rest.find(part).filter(|at| n > 0 || *at == 0);
        let Some(at) = found else { return false };
        rest = &rest[at + part.len()..];
    }
    shown.ends_with('…') || answer.ends_with(parts.last().unwrap_or(&""))
}

fn pasted(preamble: &str, command: &str) -> String {
    let script = format!("{preamble}\n{command}");
    let done = Command::new("bash").args(["-c", &script]).env("no_proxy", "*").output().unwrap();
    assert!(done.status.success(), "{command}: {:?}", done.status);
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

/// Follows the tour. What only looks may be asked again until it shows what it should.
pub(crate) fn follow(world: &World) -> Result<(), String> {
    let readme = include_str!("../../README.md");
    let port = world.api_url().rsplit(':').next().unwrap();
    let (preamble, steps) = steps(&readme.replace(PORT, port));
    assert!(preamble.contains(world.operator_key().expose_secret()), "{preamble}");
    assert!(steps.len() > 12, "the tour is longer than {}", steps.len());
    for Step { command, shown } in &steps {
        let begun = Instant::now();
        let mut answer = pasted(&preamble, command);
        let Some(shown) = shown else {
            let answered: serde_json::Value = serde_json::from_str(&answer).unwrap_or_default();
            if answered.is_object() && answered.get("code").is_none() {
                continue;
            }
            return Err(format!("{command} is answered {answer}"));
        };
        // A remark stands apart.
        let (shown, remark) = shown.split_once("   ").unwrap_or((shown, ""));
        if remark.contains("the same again") && pasted(&preamble, command) != answer {
            return Err(format!("{command} is not answered the same again"));
        }
        while !shows(&answer, shown) {
            if command.contains("--json") || begun.elapsed() > PATIENCE {
                return Err(format!("{command} shows {shown} and is answered {answer}"));
            }
            sleep(Duration::from_millis(500));
            answer = pasted(&preamble, command);
        }
    }
    Ok(())
}

#[test]
fn what_is_left_out_may_be_anything_and_the_rest_may_not() {
    let answer = r#"{"id":"a","since":"2026-11-28T07:14:13Z","took_ms":12}"#;
    for good in
        [r#"{"id":"a",…"#, r#"…"took_ms":7}"#, r#"{"id":"…","since":"2025-01-01T00:00:00Z",…"#, "…"]
    {
        assert!(shows(answer, good), "{good}");
    }
    for bad in [r#""id":"a",…"#, r#"{"id":"b",…"#, r#"…"took_ms":7,…"#, r#"…"id":"a""#] {
        assert!(!shows(answer, bad), "{bad}");
    }
}
