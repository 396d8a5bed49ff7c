//! Asking somebody before a call whether it may be made. GoHighLevel allows so many calls in a
//! moment; who shares them out, and how, is not known here.

use std::{fmt, pin::Pin, time::Duration};

use egress::Answer;

use crate::Error;

/// A call that is ready to be made, and what comes of it.
pub type Calling<'a> = Pin<Box<dyn Future<Output = Result<Answer, Error>> + Send + 'a>>;

/// The same, unless it is held back.
pub type Passing<'a> =
    Pin<Box<dyn Future<Output = Result<Result<Answer, Error>, Held>> + Send + 'a>>;

/// Lets calls through, one by one, and sees what comes of each.
pub trait Gate: fmt::Debug + Send + Sync {
    fn pass<'a>(&'a self, call: Calling<'a>) -> Passing<'a>;
}

/// The call was not made. Others go first, or GoHighLevel is being left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    pub retry_after: Duration,
}
