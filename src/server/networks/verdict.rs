//! What a network's answer to "does this permission still work?" means.

use std::time::Duration;

use super::{
    client::{Answer, NoAnswer, text_at},
    definition::{Definition, Meaning, Refusal},
};
use crate::domain::Reason;

/// What an answer means. Only [`Verdict::Dead`] may break a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It works.
    Alive,
    /// It is definitely gone.
    Dead(Reason),
    /// Our app's own credentials or settings are refused; no page is to blame.
    OurAppIsWrong,
    /// The network wants to be asked less.
    SlowDown(Duration),
    /// Nothing is known: an outage, or an answer that no rule knows.
    NoAnswer,
}

/// When a network says "slow down" and not for how long.
const PAUSE: Duration = Duration::from_mins(1);

impl Verdict {
    /// Judges `answer` by the definition's rules, the first match first. What matches none is [`Verdict::NoAnswer`].
    #[must_use]
    pub fn of(definition: &Definition, answer: &Result<Answer, NoAnswer>) -> Self {
        let Ok(answer) = answer else { return Self::NoAnswer };
        if let Some(rule) = definition.refusals.iter().find(|rule| matches(rule, answer)) {
            return match rule.means {
                Meaning::OurAppIsWrong => Self::OurAppIsWrong,
                means => means.reason().map_or(Self::NoAnswer, Self::Dead),
            };
        }
        match answer.status {
            // An answer that is not JSON comes from something in between, whatever its status says.
            200..300 if answer.json.is_object() => Self::Alive,
            429 => Self::SlowDown(answer.retry_after.map_or(PAUSE, Duration::from_secs)),
            _ => Self::NoAnswer,
        }
    }
}

fn matches(rule: &Refusal, answer: &Answer) -> bool {
    let status = rule.status.is_none_or(|status| status == answer.status);
    let code = rule.path.as_ref().is_none_or(|path| {
        text_at(&answer.json, path).is_some_and(|code| rule.is.is_empty() || rule.is.contains(&code))
    });
    status && code
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::server::networks::load;

    fn judged(network: &str, status: u16, json: serde_json::Value) -> Verdict {
        let all = load(None, Some("http://localhost:1")).expect("built-in definitions are right");
        let definition = all.iter().find(|definition| definition.id.0 == network).expect("it is built in");
        Verdict::of(definition, &Ok(Answer { status, retry_after: None, json }))
    }

    #[test]
    fn only_a_definite_refusal_is_death() {
        for (network, status, json, verdict) in [
            ("chirper", 200, json!({"id": "ada"}), Verdict::Alive),
            ("chirper", 401, json!({"reason": "app_removed"}), Verdict::Dead(Reason::Removed)),
            ("chirper", 401, json!({"reason": "password_changed"}), Verdict::Dead(Reason::PasswordChanged)),
            ("chirper", 401, json!({"error": "invalid_token"}), Verdict::Dead(Reason::Refused)),
            ("chirper", 401, json!(null), Verdict::NoAnswer),
            ("chirper", 503, json!({"error": "invalid_token"}), Verdict::NoAnswer),
            ("chirper", 200, json!(null), Verdict::NoAnswer),
            ("chirper", 429, json!({}), Verdict::SlowDown(PAUSE)),
            ("chirper", 302, json!({}), Verdict::NoAnswer),
            ("pagebook", 400, json!({"error": {"code": 190, "error_subcode": 458}}), Verdict::Dead(Reason::Removed)),
            (
                "pagebook",
                400,
                json!({"error": {"code": 190, "error_subcode": 460}}),
                Verdict::Dead(Reason::PasswordChanged),
            ),
            ("pagebook", 400, json!({"error": {"code": 2}}), Verdict::NoAnswer),
        ] {
            assert_eq!(judged(network, status, json.clone()), verdict, "{network} {status} {json}");
        }
        let all = load(None, Some("http://localhost:1")).expect("built-in definitions are right");
        assert_eq!(Verdict::of(&all[0], &Err(NoAnswer::Lost)), Verdict::NoAnswer);
    }
}
