//! What can go wrong with a call to GoHighLevel. It is decided here, once, what each failure means.

use std::{fmt, time::Duration};

use domain::ids::CrmContactId;
use egress::{Answer, CallError};
use jiff::Timestamp;

use crate::{
    Held, RateLimit,
    client::{Effect, Task},
    refusal::Refusal,
};

/// GoHighLevel takes up to ten seconds to let us report on a message it has just handed us.
const SETTLING: Duration = Duration::from_secs(10);

/// A call that failed. Neither `Display` nor `Debug` shows what GoHighLevel said in words.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    about: Box<About>,
}

/// Situations that a caller would act on differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The token is not, or no longer, valid. A fresh one may be.
    Unauthorized,
    /// The refresh token is used up, expired or unknown. Only a person, or [`Client::reconnect`],
    /// can bring the connection back.
    ///
    /// [`Client::reconnect`]: crate::Client::reconnect
    NeedsReconnect,
    /// The authorization code is wrong, used, expired or another client's. The person has to start
    /// over.
    CodeNotAccepted,
    /// The token is valid and not good for this: another location, scope or kind of user.
    Forbidden,
    /// The integration is set up wrongly: the provider's kind or id, the address, the API's
    /// version, or the app's client id or secret. Tokens are to be kept: they may be good.
    Configuration,
    /// The message was made a moment ago and cannot be reported on yet. It settles within a
    /// minute or never.
    NotReady,
    /// It was not made. Others go first, or GoHighLevel is being left alone.
    Held {
        retry_after: Duration,
    },
    RateLimited {
        retry_after: Option<Duration>,
        /// The day's allowance is used up, not the moment's.
        daily: bool,
    },
    NotFound,
    /// The person does not want to be texted.
    OptedOut,
    /// The location is not active.
    Suspended,
    /// GoHighLevel understood and will not do it. Asking again does not help.
    Refused,
    /// GoHighLevel did not do it, or doing it twice does no harm.
    Unavailable,
    /// It may have created what it was asked to create. Look for it before asking again.
    ///
    /// After a refresh: the refresh token may be used up. For [`Client::REFRESH_GRACE`] the same
    /// one gets the same answer again.
    ///
    /// [`Client::REFRESH_GRACE`]: crate::Client::REFRESH_GRACE
    InDoubt,
}

#[derive(Debug, Default)]
struct About {
    task: &'static str,
    status: Option<u16>,
    code: Option<String>,
    trace_id: Option<String>,
    rate_limit: RateLimit,
    may_have_happened: bool,
    duplicate_of: Option<CrmContactId>,
    silence: Option<CallError>,
}

impl Error {
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether trying again could help. After [`Kind::InDoubt`], look first.
    pub fn is_transient(&self) -> bool {
        match self.kind {
            Kind::NotReady
            | Kind::Held { .. }
            | Kind::RateLimited { .. }
            | Kind::Unavailable
            | Kind::InDoubt => true,
            Kind::Unauthorized
            | Kind::NeedsReconnect
            | Kind::CodeNotAccepted
            | Kind::Forbidden
            | Kind::Configuration
            | Kind::NotFound
            | Kind::OptedOut
            | Kind::Suspended
            | Kind::Refused => false,
        }
    }

    /// How long to wait at least before trying again, where that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self.kind {
            Kind::RateLimited { retry_after, .. } => retry_after,
            Kind::Held { retry_after } => Some(retry_after),
            Kind::NotReady => Some(SETTLING),
            Kind::Unauthorized
            | Kind::NeedsReconnect
            | Kind::CodeNotAccepted
            | Kind::Forbidden
            | Kind::Configuration
            | Kind::NotFound
            | Kind::OptedOut
            | Kind::Suspended
            | Kind::Refused
            | Kind::Unavailable
            | Kind::InDoubt => None,
        }
    }

    /// Until when the call is held back, if it was not made for that.
    pub fn held_until(&self, now: Timestamp) -> Option<Timestamp> {
        match self.kind {
            Kind::Held { retry_after } => now.checked_add(retry_after).ok(),
            _ => None,
        }
    }

    /// Whether the call may have had its effect all the same.
    pub fn may_have_happened(&self) -> bool {
        self.about.may_have_happened
    }

    pub fn status(&self) -> Option<u16> {
        self.about.status
    }

    /// GoHighLevel's own name for the error, such as `CONVERSATIONS_MSG_DND_ACTIVE_SMS`.
    pub fn code(&self) -> Option<&str> {
        self.about.code.as_deref()
    }

    /// What to tell GoHighLevel's support.
    pub fn trace_id(&self) -> Option<&str> {
        self.about.trace_id.as_deref()
    }

    /// The allowance, as the answer put it.
    pub fn rate_limit(&self) -> RateLimit {
        self.about.rate_limit
    }

    pub(crate) fn duplicate_of(&self) -> Option<&CrmContactId> {
        self.about.duplicate_of.as_ref()
    }

    /// A call that was not answered.
    pub(crate) fn silence(task: Task, silence: CallError) -> Self {
        let (kind, has_left) = match silence {
            CallError::NotSent(_) => (Kind::Unavailable, false),
            CallError::NotAllowed(_) => (Kind::Configuration, false),
            CallError::NoAnswer(_) => (unknown_outcome(task.effect), true),
        };
        let about = About {
            task: task.name,
            may_have_happened: has_left && task.effect != Effect::Reads,
            silence: Some(silence),
            ..About::default()
        };
        Self { kind, about: about.into() }
    }

    /// A call that was not made.
    pub(crate) fn held(task: Task, held: Held) -> Self {
        let about = About { task: task.name, ..About::default() };
        Self { kind: Kind::Held { retry_after: held.retry_after }, about: about.into() }
    }

    /// An answer that is not 2xx.
    pub(crate) fn refusal(task: Task, answer: &Answer) -> Self {
        Self::refusal_meaning(task, answer, Refusal::kind)
    }

    /// As [`Self::refusal`], where a status of 4xx means something of its own.
    pub(crate) fn refusal_meaning(
        task: Task,
        answer: &Answer,
        kind_of: impl Fn(&Refusal, u16) -> Kind,
    ) -> Self {
        let refusal = Refusal::read(answer.body());
        let rate_limit = RateLimit::of(answer);
        let kind = match answer.status() {
            429 => Kind::RateLimited {
                retry_after: answer.retry_after().or_else(|| rate_limit.wait()),
                daily: rate_limit.is_spent_for_today(),
            },
            408 => unknown_outcome(task.effect),
            status @ 400..=499 => kind_of(&refusal, status),
            _ => unknown_outcome(task.effect),
        };
        let may_have_happened = match task.effect {
            Effect::Reads => false,
            // GoHighLevel has been seen to answer 422 and to create the contact nevertheless.
            Effect::Repeats | Effect::Creates => {
                matches!(answer.status(), 408 | 422) || answer.status() >= 500
            }
            Effect::Spends => kind == Kind::InDoubt,
        };
        let about = About {
            task: task.name,
            status: Some(answer.status()),
            code: refusal.code,
            trace_id: refusal.trace_id,
            rate_limit,
            may_have_happened,
            duplicate_of: refusal.duplicate_of,
            silence: None,
        };
        Self { kind, about: about.into() }
    }

    /// An answer that says yes and does not say what we need. GoHighLevel has been seen to answer
    /// 201 with nothing in it and to drop the message.
    pub(crate) fn unreadable(task: Task, answer: &Answer) -> Self {
        let about = About {
            task: task.name,
            status: Some(answer.status()),
            code: Some("UNREADABLE_ANSWER".to_owned()),
            trace_id: Refusal::read(answer.body()).trace_id,
            rate_limit: RateLimit::of(answer),
            may_have_happened: task.effect != Effect::Reads,
            ..About::default()
        };
        Self { kind: unknown_outcome(task.effect), about: about.into() }
    }

    /// There is no address to call: the base is no URL, or an id cannot be part of a path.
    pub(crate) fn no_address(task: Task) -> Self {
        Self::ours(task, Kind::Configuration, "NO_ADDRESS")
    }

    /// The contact we were given, perhaps a new one, does not have the number it was to have.
    pub(crate) fn number_not_kept(task: Task) -> Self {
        let mut error = Self::ours(task, Kind::Refused, "NUMBER_NOT_KEPT");
        error.about.may_have_happened = true;
        error
    }

    /// We were given the token of a location that we did not ask for, which nobody may have.
    pub(crate) fn another_location(task: Task) -> Self {
        Self::ours(task, Kind::Refused, "ANOTHER_LOCATION")
    }

    fn ours(task: Task, kind: Kind, code: &str) -> Self {
        let about = About { task: task.name, code: Some(code.to_owned()), ..About::default() };
        Self { kind, about: about.into() }
    }
}

/// What it is when nobody knows whether it was done.
fn unknown_outcome(effect: Effect) -> Kind {
    match effect {
        Effect::Reads | Effect::Repeats => Kind::Unavailable,
        Effect::Creates | Effect::Spends => Kind::InDoubt,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let About { task, status, code, .. } = self.about.as_ref();
        write!(f, "could not {task} at GoHighLevel: {}", self.kind)?;
        match (status, code) {
            (Some(status), Some(code)) => write!(f, " ({status}, {code})"),
            (Some(status), None) => write!(f, " ({status})"),
            (None, Some(code)) => write!(f, " ({code})"),
            (None, None) => Ok(()),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unauthorized => "the token is not accepted",
            Self::NeedsReconnect => "the refresh token is not accepted",
            Self::CodeNotAccepted => "the authorization code is not accepted",
            Self::Forbidden => "the token is not good for this",
            Self::Configuration => "the integration is set up wrongly",
            Self::NotReady => "the message cannot be reported on yet",
            Self::Held { .. } => "it is held back for now",
            Self::RateLimited { daily: false, .. } => "too many calls at once",
            Self::RateLimited { daily: true, .. } => "the day's calls are used up",
            Self::NotFound => "there is no such thing",
            Self::OptedOut => "the person opted out",
            Self::Suspended => "the location is not active",
            Self::Refused => "it was refused",
            Self::Unavailable => "it was not available",
            Self::InDoubt => "it may or may not have been done",
        })
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.about.silence.as_ref().map(|silence| silence as _)
    }
}
