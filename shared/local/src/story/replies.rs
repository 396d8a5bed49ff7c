//! An agent answers in GoHighLevel.

use anyhow::ensure;

use super::{
    cast::{Cast, Person},
    tell::{Failed, Teller},
    texts::{ANNA, BEN, CLEO},
};

/// GoHighLevel's ids of the agent's answers.
pub(super) type Replies = Vec<String>;

pub(super) async fn play(on: Cast<'_>, teller: &mut Teller<'_>) -> Result<Replies, Failed> {
    teller.chapter("An agent answers each of them in GoHighLevel");
    super::reports::refuse_one_status(on);
    let mut replies = Vec::new();
    for (name, person, words) in [
        ("Texting", on.texting(ANNA), "Yes, in both sizes."),
        ("Telnyx", on.telnyx(BEN), "From ten to four."),
        ("Twilio", on.twilio(CLEO), "Zwölf Euro. Grüße zurück!"),
    ] {
        let claim = "GoHighLevel posts the answer to us: 200";
        replies.push(teller.does(claim, on.agent_writes(person, words)).await?);
        let claim = format!("{name} sends it once, from the number the customer texted");
        teller.shows(&claim, async || is_sent(on, person, words)).await?;
    }
    Ok(replies)
}

pub(super) fn is_sent(on: Cast<'_>, person: Person<'_>, words: &str) -> anyhow::Result<()> {
    let got = on.got(person);
    let sent: Vec<_> = got.iter().filter(|it| it.body == words).collect();
    ensure!(sent.len() == 1, "{} such texts were sent", sent.len());
    ensure!(sent[0].from == person.ours.as_str(), "it came from {}", sent[0].from);
    Ok(())
}
