//! A text that is there to be copied: by hand, or by a button where a script runs.

use leptos::{nonce::use_nonce, prelude::*};

use crate::domain::words;

/// Shows the buttons and lets them work. The whole script of these pages: a part of the app's own would bring all of it.
const SCRIPT: &str = "
for (const button of document.querySelectorAll('button[data-copies]')) {
  const field = document.getElementById(button.dataset.copies), said = button.nextElementSibling;
  button.hidden = false;
  button.addEventListener('click', async () => {
    field.select();
    try { await navigator.clipboard.writeText(field.value) } catch { document.execCommand('copy') }
    said.textContent = said.dataset.says;
  });
}
";

/// A field that can be read and copied, and nothing else.
#[component]
pub fn Copied(id: &'static str, label: &'static str, value: String, hint: String) -> impl IntoView {
    let note_id = format!("{id}-note");
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <div class="copied">
                <input id=id type="text" readonly value=value aria-describedby=note_id.clone()/>
                <button class="button" type="button" data-copies=id hidden aria-label=words::copy_what(label)>
                    {words::COPY}
                </button>
                <span role="status" data-says=words::COPIED></span>
            </div>
            <p class="note" id=note_id>{hint}</p>
        </div>
    }
    .into_any()
}

/// Behind everything that is there to be copied.
#[component]
pub fn CopyScript() -> impl IntoView {
    view! { <script nonce=use_nonce() inner_html=SCRIPT></script> }
}
