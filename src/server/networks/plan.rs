//! When a grant's tokens are renewed, and when a person must act: a pure function of what is known of the grant, of
//! what the definition says of the network's clocks, and of a number that keeps grants from acting in step.

use std::time::Duration;

use uuid::Uuid;

use super::{Definition, Renews};
use crate::domain::Moment;

/// A token that ends is renewed this long before, or a tenth of its life, whichever is longer.
const LEAD: Duration = Duration::from_mins(10);

/// How a network renews tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// By a refresh token (RFC 6749, section 6).
    RefreshToken,
    /// By showing the access token while it lives; a dead one cannot be extended.
    ExtendWhileAlive,
    /// Not at all.
    Never,
}

/// What a definition says of a network's clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clocks {
    /// How tokens are renewed.
    pub renewal: Renewal,
    /// They are renewed by a refresh token that is good for one use.
    pub is_single_use: bool,
    /// Younger tokens are not renewed.
    pub least_age: Duration,
    /// How long the access token lives where the answer does not say it.
    pub lives: Option<Duration>,
    /// How long the refresh token lives where the answer does not say it.
    pub refresh_lives: Option<Duration>,
    /// Each renewal begins the refresh token's life anew. Else it ends on its day, whatever is done.
    pub refresh_slides: bool,
    /// How long the network lets an app see a person's data without the person coming back.
    pub data_access_lives: Option<Duration>,
}

/// What is known of a grant's tokens.
#[derive(Clone, Copy, Debug)]
pub struct Clocked {
    /// When they were asked for.
    pub issued_at: Moment,
    /// When the access token ends; a missing end is unknown, never "expired".
    pub expires_at: Option<Moment>,
    /// When the refresh token ends.
    pub refresh_expires_at: Option<Moment>,
    /// When the app loses sight of the person's data.
    pub data_access_expires_at: Option<Moment>,
    /// Whether there is a refresh token.
    pub has_refresh: bool,
    /// Whether the last renewal did not work.
    pub is_failing: bool,
    /// Any number, the grant's own: it spreads grants of the same age.
    pub phase: u32,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// When to renew the tokens; `None`: they are not renewed.
    pub next_refresh_at: Option<Moment>,
    /// The day on which a person must act, if one is known.
    pub must_act_at: Option<Moment>,
}

impl Clocks {
    /// Whether tokens of this grant can be renewed.
    #[must_use]
    pub fn can_renew(&self, has_refresh: bool) -> bool {
        match self.renewal {
            Renewal::RefreshToken => has_refresh,
            Renewal::ExtendWhileAlive => true,
            Renewal::Never => false,
        }
    }
}

impl Definition {
    /// The network's clocks, as the definition says them.
    #[must_use]
    pub fn clocks(&self) -> Clocks {
        let lifetime = &self.lifetime;
        Clocks {
            renewal: match lifetime.renewal {
                Renews::RefreshToken => Renewal::RefreshToken,
                Renews::Extend => Renewal::ExtendWhileAlive,
                Renews::Never => Renewal::Never,
            },
            is_single_use: lifetime.renewal == Renews::RefreshToken && !lifetime.reusable,
            least_age: Duration::from_secs(lifetime.least_age),
            lives: lifetime.access.map(Duration::from_secs),
            refresh_lives: lifetime.refresh.map(Duration::from_secs),
            refresh_slides: !lifetime.refresh_is_fixed,
            data_access_lives: lifetime.data_access.map(Duration::from_secs),
        }
    }
}

/// The plan.
#[must_use]
pub fn plan(known: &Clocked, clocks: &Clocks) -> Plan {
    let renews = clocks.can_renew(known.has_refresh);
    Plan {
        next_refresh_at: if renews { next_refresh_at(known, clocks) } else { None },
        must_act_at: must_act_at(known, clocks, renews),
    }
}

fn next_refresh_at(known: &Clocked, clocks: &Clocks) -> Option<Moment> {
    let at = |end: Moment, share: f64| known.issued_at + end.since(known.issued_at).mul_f64(share);
    let by_access = known.expires_at.map(|end| match clocks.renewal {
        // What can only be extended while it lives: the other half of its life is there to try again.
        Renewal::ExtendWhileAlive => at(end, spread(0.5, known.phase)),
        // A single-use token is put at risk by each use, so as late as is safe: it is renewed less often.
        _ if clocks.is_single_use => {
            let life = end.since(known.issued_at);
            let lead = LEAD.max(life / 10).min(life / 4);
            known.issued_at + life.saturating_sub(lead.mul_f64(spread(1.5, known.phase)))
        }
        _ => at(end, spread(0.75, known.phase)),
    });
    // A refresh token that lives from use to use is used before it ends, even where the access token does not.
    let by_refresh = known
        .refresh_expires_at
        .filter(|_| known.has_refresh && clocks.refresh_slides)
        .map(|end| at(end, spread(0.5, known.phase)));
    let due = by_access.into_iter().chain(by_refresh).min()?;
    Some(due.max(known.issued_at + clocks.least_age))
}

/// A number of a row's own that stays the same: the random end of its id.
#[must_use]
pub fn phase(id: Uuid) -> u32 {
    let [.., a, b, c, d] = *id.as_bytes();
    u32::from_be_bytes([a, b, c, d])
}

/// Some of the last tenth less, another each time: what is looked at every day is not looked at in step.
#[must_use]
pub fn a_little_before(span: Duration) -> Duration {
    span.mul_f64(1.0 - 0.1 * f64::from(phase(Uuid::now_v7())) / f64::from(u32::MAX))
}

/// `middle`, a tenth more or less: a thousand grants that were made in one minute are not renewed in one.
fn spread(middle: f64, phase: u32) -> f64 {
    middle * (0.9 + 0.2 * f64::from(phase) / f64::from(u32::MAX))
}

fn must_act_at(known: &Clocked, clocks: &Clocks, renews: bool) -> Option<Moment> {
    let access = match clocks.renewal {
        // It renews itself; if that does not work, its end is the person's day.
        Renewal::ExtendWhileAlive => known.expires_at.filter(|_| known.is_failing),
        _ => known.expires_at.filter(|_| !renews),
    };
    let fixed = known.refresh_expires_at.filter(|_| renews && known.has_refresh && !clocks.refresh_slides);
    // One that slides ends only if no renewal works any more; then the access token is dead as well.
    let idle = known.refresh_expires_at.filter(|_| renews && clocks.refresh_slides && known.is_failing);
    [access, fixed, idle, known.data_access_expires_at].into_iter().flatten().min()
}

#[cfg(test)]
mod tests;
