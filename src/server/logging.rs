//! How the log is written: `GREENTICK_LOG` says what of it, `GREENTICK_LOG_FORMAT` in which form. Both are read before
//! there are settings, since reading those may be worth a line.

use tracing::Subscriber;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

/// The variable that says what is logged.
pub const WHAT: &str = "GREENTICK_LOG";
/// The variable that says in which form.
pub const FORM: &str = "GREENTICK_LOG_FORMAT";

/// The form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Lines for people.
    Text,
    /// An object a line, for machines.
    Json,
}

impl Form {
    /// Of the variable; `None` for a form that there is not.
    #[must_use]
    pub fn of(said: Option<&str>) -> Option<Self> {
        match said {
            None | Some("" | "text") => Some(Self::Text),
            Some("json") => Some(Self::Json),
            Some(_) => None,
        }
    }
}

/// What writes the log.
#[must_use]
pub fn subscriber<W>(form: Form, filter: EnvFilter, writer: W) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let plain = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    match form {
        Form::Text => Box::new(plain.finish()),
        // Fields at the top, ids of the spans around a line beside them: what is searched for is found by its name.
        Form::Json => Box::new(plain.json().flatten_event(true).with_current_span(false).finish()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_one_of_two() {
        for (said, form) in [
            (None, Some(Form::Text)),
            (Some(""), Some(Form::Text)),
            (Some("text"), Some(Form::Text)),
            (Some("json"), Some(Form::Json)),
            (Some("JSON"), None),
            (Some("xml"), None),
        ] {
            assert_eq!(Form::of(said), form, "{said:?}");
        }
    }
}
