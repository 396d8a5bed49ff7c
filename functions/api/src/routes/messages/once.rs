//! One text for each use of a key, also where the answer that was kept under it is lost: whoever asks
//! again finds the text by its id, and another text never passes for it.

use aws::{Commit, Row, once::REMEMBERED};
use domain::{ids::MessageId, message::Message};

use crate::{
    asking::Member,
    problem::{Code, Problem},
};

/// The text as it is stored: now, or by an earlier try.
///
/// Who uses a key again after it was forgotten wants another text. Its id counts the days since the
/// first text under that key. A use is remembered for a day from whatever hour, so the text of the day
/// before may be the one that is meant.
pub(super) async fn stored(
    member: &Member,
    planned: Message,
    key: &str,
) -> Result<Row<Message>, Problem> {
    let Some(first) = found_or_added(member, &planned).await? else {
        return written(member, &planned).await;
    };
    let day = (member.now().duration_since(first.body.created_at)).as_hours() / 24;
    if day <= 0 {
        return same(first, &planned);
    }
    let id = |day| MessageId::asked_for(&member.tenant, &member.asking.caller.subject, key, day);
    if day > 1
        && let Some(row) = member.scope().message(&id(day - 1)).await?
        && row.body.created_at + REMEMBERED > member.now()
    {
        return same(row, &planned);
    }
    let planned = Message { id: id(day), ..planned };
    match found_or_added(member, &planned).await? {
        Some(row) => same(row, &planned),
        None => written(member, &planned).await,
    }
}

/// What was there under this id. Without it the text is added, and on its way.
async fn found_or_added(
    member: &Member,
    message: &Message,
) -> Result<Option<Row<Message>>, Problem> {
    let scope = member.scope();
    scope.note_person(&message.phone, member.now()).await?;
    match scope.transaction().add_message(message).commit().await? {
        Commit::Done => {}
        Commit::Refused(_) => return Ok(scope.message(&message.id).await?),
    }
    if message.due.is_some_and(|due| due <= member.now()) {
        member.deps.queues.outbound.offer(&message.job(&member.tenant), member.now()).await;
    }
    Ok(None)
}

async fn written(member: &Member, message: &Message) -> Result<Row<Message>, Problem> {
    member.scope().message(&message.id).await?.ok_or_else(Problem::changed)
}

fn same(row: Row<Message>, planned: &Message) -> Result<Row<Message>, Problem> {
    if row.body.is_what_was_asked(planned) {
        return Ok(row);
    }
    let detail = format!(
        "Another text was stored under this Idempotency-Key before: {}. Look what became of it, and \
         send this one under a key of its own.",
        row.body.id
    );
    Err(Problem::new(Code::IdempotencyKeyReused, detail))
}
