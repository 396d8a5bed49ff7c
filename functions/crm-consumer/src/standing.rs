//! What the CRM tells may change whether somebody may be texted.

use aws::{Again, Row, Transaction, metrics};
use domain::{
    consent::{self, Act, Change, ConsentEntry, OptOut, Said, Source},
    crm_event::{ContactChange, ContactNews, Medium, MessageNews, SmsSwitch},
    keyword::{self, Keyword},
    phone::PhoneNumber,
};

use crate::told::Told;

/// A change of somebody's standing, and what the ledger says of it.
pub(crate) struct Changed {
    read: Option<Row<OptOut>>,
    standing: OptOut,
    act: Act,
    source: Source,
    wording: String,
}

/// What the do-not-disturb switch does. Other events than those about the switches repeat what stood
/// long before; it counts only of somebody who was never heard of.
pub(crate) async fn by_switch(
    told: &Told<'_>,
    news: &ContactNews,
) -> Result<Option<Changed>, Again> {
    let Some(phone) = &told.phone else { return Ok(None) };
    let is_on = matches!(news.sms_switch, SmsSwitch::On { .. });
    let is_asked = match news.change {
        ContactChange::Switched => true,
        ContactChange::Written => is_on,
        ContactChange::Deleted => false,
    };
    if !is_asked {
        return Ok(None);
    }
    let read = told.scope.opt_out(phone).await?;
    if news.change == ContactChange::Written && read.is_some() {
        return Ok(None);
    }
    let standing = read.as_ref().map(|it| &it.body);
    let change = consent::switched(standing, (phone, &news.id), &news.sms_switch, told.event.at);
    Ok(changed(read, change, Source::Ghl, wording(news)))
}

/// Somebody says STOP by a way that is not ours: by another number, in another app, by e-mail. They may
/// say it by any reasonable means (47 CFR 64.1200(a)(10)). Nothing else of theirs is taken for a
/// keyword: only we would answer it. It counts from when they said it, for it may be heard late, and
/// heard once more.
pub(crate) async fn by_word(
    told: &Told<'_>,
    news: &MessageNews,
    phone: &PhoneNumber,
) -> Result<Option<Changed>, Again> {
    if !news.is_inbound {
        return Ok(None);
    }
    let tenant = told.scope.tenant().await?;
    if keyword::classify(said(news), &tenant.extra_keywords) != Some(Keyword::Stop) {
        return Ok(None);
    }
    let at = Said { sent_at: news.sent_at, heard_at: news.sent_at };
    let read = told.scope.opt_out(phone).await?;
    let change = consent::hear(read.as_ref().map(|it| &it.body), phone, Keyword::Stop, at);
    let changed = changed(read, change, Source::Texting, said(news).to_owned());
    Ok(changed.filter(Changed::is_news))
}

/// Below the first line of an e-mail is what it answers.
fn said(news: &MessageNews) -> &str {
    let text = news.text.as_str();
    match news.medium {
        Medium::Email => text.lines().find(|it| !it.trim().is_empty()).unwrap_or_default(),
        Medium::Sms | Medium::WhatsApp => text,
    }
}

fn changed(
    read: Option<Row<OptOut>>,
    change: Option<Change>,
    source: Source,
    wording: String,
) -> Option<Changed> {
    match change {
        Some(Change::To { standing, act } | Change::Renewed { standing, act }) => {
            Some(Changed { read, standing, act, source, wording })
        }
        Some(Change::Same { .. }) | None => None,
    }
}

impl Changed {
    fn is_news(&self) -> bool {
        self.read.as_ref().is_none_or(|it| it.body != self.standing)
    }

    pub(crate) fn write<'a>(
        &self,
        told: &Told<'_>,
        transaction: Transaction<'a>,
    ) -> Transaction<'a> {
        let (phone, cause) = (self.standing.phone.clone(), &told.row.body.id);
        let at = told.event.at;
        let entry = ConsentEntry::new(phone, self.act, self.source, self.wording.clone(), at);
        let entry = ConsentEntry { event: Some(cause.clone()), ..entry };
        transaction
            .set_opt_out(self.read.as_ref(), &self.standing)
            .add_consent(&entry, cause.as_str())
    }

    /// Once it is written. Where we keep somebody out whom the CRM would let in, the CRM is told.
    pub(crate) async fn follow_up(&self, told: &Told<'_>) {
        metrics::count(match self.act {
            Act::Revoked => "OptOuts",
            Act::Granted => "OptIns",
            Act::GrantRefused => "OptInsRefused",
        });
        if self.standing.due.is_some() {
            let job = self.standing.job(told.scope.tenant_id());
            told.deps.installing.reports.offer(&job, told.now).await;
        }
    }
}

/// What the ledger says instead of the person's own words.
fn wording(news: &ContactNews) -> String {
    match &news.sms_switch {
        SmsSwitch::On { code, permanent } => {
            let how = if *permanent { "permanent" } else { "active" };
            let code = code.as_deref().filter(|it| it.bytes().all(|c| c.is_ascii_digit()));
            code.map_or_else(|| format!("DND SMS {how}"), |it| format!("DND SMS {how}, code {it}"))
        }
        SmsSwitch::Off => "DND SMS inactive".to_owned(),
        SmsSwitch::Unknown => "DND SMS not told".to_owned(),
    }
}
