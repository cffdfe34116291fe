//! What became of recipients.

/// What became of one recipient, as far as a log tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Accepted by another host.
    Sent,
    /// Accepted by something on this host that is no mailbox and may hand it back: a content filter, the mail server's
    /// own next step.
    Handed,
    /// Delivered on this host.
    Delivered,
    /// Not served for now; it is tried again.
    Deferred,
    /// Refused for good; `unknown`: nobody has that address (5.1.1).
    Bounced {
        /// Whether the answer was that nobody has that address.
        unknown: bool,
    },
}

impl Fate {
    /// The recipient was not served, for now or for good.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Deferred | Self::Bounced { .. })
    }
}

/// How many recipients met which fate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fates {
    /// [`Fate::Sent`].
    pub sent: u32,
    /// [`Fate::Handed`].
    pub handed: u32,
    /// [`Fate::Delivered`].
    pub delivered: u32,
    /// [`Fate::Deferred`].
    pub deferred: u32,
    /// [`Fate::Bounced`].
    pub bounced: u32,
    /// Of the bounced.
    pub unknown: u32,
}

impl Fates {
    /// Counts them; a count that is full stays so.
    pub fn of(fates: impl IntoIterator<Item = Fate>) -> Self {
        let mut counts = Self::default();
        for fate in fates {
            let count = match fate {
                Fate::Sent => &mut counts.sent,
                Fate::Handed => &mut counts.handed,
                Fate::Delivered => &mut counts.delivered,
                Fate::Deferred => &mut counts.deferred,
                Fate::Bounced { .. } => &mut counts.bounced,
            };
            *count = count.saturating_add(1);
            counts.unknown = counts.unknown.saturating_add(u32::from(fate == Fate::Bounced { unknown: true }));
        }
        counts
    }
}
