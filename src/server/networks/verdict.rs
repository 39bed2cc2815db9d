//! What a network's answer to "does this permission still work?" means.

use std::time::Duration;

use serde_json::Value;

use super::{
    client::{Answer, NoAnswer, at, text_at},
    definition::{Definition, Meaning, Refusal, Says},
    proofs::Refused,
};
use crate::domain::Reason;

/// What an answer means. Only [`Verdict::Dead`] may break a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It works.
    Alive,
    /// It is definitely gone.
    Dead(Reason),
    /// It works, but not for what was asked.
    LostAbility,
    /// It works, but the page is gone, or its person lost it.
    LostPage,
    /// The person must do something at the network first; reconnecting does not help.
    PersonMustAct,
    /// Our app's own credentials or settings are refused; no page is to blame.
    OurAppIsWrong,
    /// The network wants to be asked less.
    SlowDown(Duration),
    /// Nothing is known: an outage, or an answer that no rule knows.
    NoAnswer,
}

/// When a network says "slow down" and not for how long.
const PAUSE: Duration = Duration::from_mins(1);
/// Whatever it says: an app that asks for nothing for a day has lost its grants.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

impl Verdict {
    /// Its name where figures and logs name it.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::Alive => "alive",
            Self::Dead(_) => "dead",
            Self::LostAbility => "lost_ability",
            Self::LostPage => "lost_page",
            Self::PersonMustAct => "person_must_act",
            Self::OurAppIsWrong => "our_app_is_wrong",
            Self::SlowDown(_) => "slow_down",
            Self::NoAnswer => "no_answer",
        }
    }

    /// Judges `answer` by the definition's rules, the first match first. What matches none is [`Verdict::NoAnswer`].
    #[must_use]
    pub fn of(definition: &Definition, answer: &Result<Answer, NoAnswer>) -> Self {
        let Ok(answer) = answer else { return Self::NoAnswer };
        Self::by(&definition.refusals, answer).unwrap_or(match answer.status {
            // An answer that is not JSON comes from something in between, whatever its status says.
            200..300 if answer.json.is_object() || answer.json.is_array() => Self::Alive,
            429 => Self::slow_down(answer),
            _ => Self::NoAnswer,
        })
    }

    /// As [`Verdict::of`], for a call of which a good answer says something.
    #[must_use]
    pub fn of_call(definition: &Definition, answer: &Result<Answer, NoAnswer>, ok: Option<&Says>) -> Self {
        match (Self::of(definition, answer), answer) {
            (Self::Alive, Ok(answer)) if !ok.is_none_or(|ok| says(ok, &answer.json)) => Self::NoAnswer,
            (verdict, _) => verdict,
        }
    }

    /// What the first rule that matches says; `None` where none does. A server that is down refuses nothing, and a page
    /// for people, whatever its status, comes from something in between.
    #[must_use]
    pub fn by(rules: &[Refusal], answer: &Answer) -> Option<Self> {
        match answer.refused {
            // Its nonce changed twice while it was asked: nothing is known.
            Some(Refused::Nonce) => return Some(Self::NoAnswer),
            Some(Refused::Proof) => return Some(Self::OurAppIsWrong),
            None => {}
        }
        let rule = rules
            .iter()
            .filter(|_| answer.status < 500 && answer.json.is_object())
            .find(|rule| matches(rule, answer))?;
        Some(match rule.means {
            Meaning::PageLost => Self::LostPage,
            Meaning::AbilityLost => Self::LostAbility,
            Meaning::PersonMustAct => Self::PersonMustAct,
            Meaning::OurAppIsWrong => Self::OurAppIsWrong,
            Meaning::SlowDown => Self::slow_down(answer),
            means => means.reason().map_or(Self::NoAnswer, Self::Dead),
        })
    }

    /// What an answer means of which no rule and no standard says anything: ask less, or nothing is known.
    #[must_use]
    pub fn after(answer: &Answer) -> Self {
        if answer.status == 429 { Self::slow_down(answer) } else { Self::NoAnswer }
    }

    fn slow_down(answer: &Answer) -> Self {
        Self::SlowDown(answer.retry_after.map_or(PAUSE, Duration::from_secs).min(LONGEST_PAUSE))
    }
}

/// Whether the answer says it.
pub(super) fn says(ok: &Says, json: &Value) -> bool {
    if ok.absent {
        return at(json, &ok.path).is_none_or(Value::is_null);
    }
    text_at(json, &ok.path).is_some_and(|text| ok.is.is_empty() || ok.is.contains(&text))
}

fn matches(rule: &Refusal, answer: &Answer) -> bool {
    let status = rule.status.is_none_or(|status| status == answer.status);
    status && rule.path.as_ref().is_none_or(|path| text_at(&answer.json, path).is_some_and(|text| fits(rule, &text)))
}

fn fits(rule: &Refusal, text: &str) -> bool {
    let is = rule.is.is_empty() || rule.is.iter().any(|code| code == text);
    let between =
        rule.between.is_none_or(|(first, last)| text.parse().is_ok_and(|code| (first..=last).contains(&code)));
    let lower = text.to_lowercase();
    is && between && (rule.contains.is_empty() || rule.contains.iter().any(|part| lower.contains(&part.to_lowercase())))
}

#[cfg(test)]
mod tests;
