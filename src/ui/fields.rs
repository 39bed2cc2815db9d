//! Fields of forms, with their errors beside them.

use leptos::prelude::*;

use crate::domain::{ApiError, Field as Which, words};

/// What a form's last try came to, if it did not work.
pub type Failure = Signal<Option<ApiError>>;

/// A labelled input.
#[component]
pub fn Field(
    /// What it is called.
    #[prop(into)]
    label: String,
    /// Its name in the form.
    name: &'static str,
    /// `text`, `email` or `password`.
    #[prop(default = "text")]
    kind: &'static str,
    /// What the browser may fill in.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// What it should be.
    #[prop(optional, into)]
    hint: Option<String>,
    /// Whether it must be filled in.
    #[prop(default = true)]
    is_required: bool,
    /// Which complaint is about it.
    about: Which,
    /// What the form's last try came to.
    failure: Failure,
) -> impl IntoView {
    let complaint = Memo::new(move |_| match failure.get() {
        Some(ApiError::BadInput(field)) if field == about => Some(words::bad_field(field)),
        Some(ApiError::WrongPassword) if about == Which::Password => Some(words::error(ApiError::WrongPassword)),
        _ => None,
    });
    let note_id = format!("{name}-note");
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input
                id=name
                name=name
                type=kind
                autocomplete=autocomplete
                required=is_required
                aria-describedby=note_id.clone()
                aria-invalid=move || complaint.get().map(|_| "true")
            />
            <div class="note" id=note_id>
                {hint.map(|hint| view! { <p>{hint}</p> })}
                <Complaint text=complaint/>
            </div>
        </div>
    }
    .into_any()
}

/// What is not about one field.
#[component]
pub fn FormFailure(
    /// What the form's last try came to.
    failure: Failure,
) -> impl IntoView {
    let text = Memo::new(move |_| match failure.get() {
        Some(ApiError::BadInput(_) | ApiError::WrongPassword) | None => None,
        Some(error) => Some(words::error(error)),
    });
    view! { <Complaint text/> }
}

/// A sentence that is read out as soon as it is there.
#[component]
pub fn Complaint(
    /// The sentence.
    #[prop(into)]
    text: Signal<Option<&'static str>>,
) -> impl IntoView {
    move || text.get().map(|text| view! { <p class="complaint" role="alert">{text}</p> })
}
