//! A drawing for each network, ours and not the networks' own: a letter in a shape, or a thing that one thinks of. The
//! server puts them into the document; whoever shows one names it ([`super::icons::NetworkMark`]).

use leptos::prelude::*;

const SQUARE: &str = "M5 3h14a2 2 0 012 2v14a2 2 0 01-2 2H5a2 2 0 01-2-2V5a2 2 0 012-2z";
const ROUND: &str = "M12 3a9 9 0 100 18 9 9 0 000-18z";

/// Of a network that has none.
const OTHER: &[&str] = &[ROUND, "M3 12h18", "M12 3a14 14 0 010 18M12 3a14 14 0 000 18"];

/// By the networks' ids, of which [`super::icons::DRAWN`] is the list.
const MARKS: &[(&str, &[&str])] = &[
    ("bluesky", &["M2 19h20", "M6 19a6 6 0 0112 0", "M12 4v4M4.5 8.5l2.2 2.2M19.5 8.5l-2.2 2.2"]),
    ("chirper", &["M4 5h16v11h-8l-4 4v-4H4z", "M8 9h8M8 12h5"]),
    ("discord", &["M4 15v-3a8 8 0 0116 0v3", "M4 14h3v6H5a1 1 0 01-1-1zM20 14h-3v6h2a1 1 0 001-1z"]),
    ("facebook_pages", &[SQUARE, "M15 7.5h-1.2a1.8 1.8 0 00-1.8 1.8V17M9.5 12h5"]),
    (
        "github",
        &[
            "M6 8a2 2 0 100-4 2 2 0 000 4zM6 20a2 2 0 100-4 2 2 0 000 4zM18 9a2 2 0 100-4 2 2 0 000 4z",
            "M6 8v8M18 9a6 6 0 01-6 6 6 6 0 00-5 1.5",
        ],
    ),
    (
        "gitlab",
        &[
            "M6 8a2 2 0 100-4 2 2 0 000 4zM6 20a2 2 0 100-4 2 2 0 000 4zM18 16a2 2 0 100-4 2 2 0 000 4z",
            "M6 8v8M6.5 8a7 7 0 009.5 6",
        ],
    ),
    ("google_business_profile", &["M4.5 10v10h15V10", "M3 10l2-6h14l2 6z", "M10 20v-5h4v5"]),
    ("hush", &["M20 14.5A8.5 8.5 0 119.5 4 7 7 0 0020 14.5z"]),
    ("instagram", &[SQUARE, "M3 16.5l5-5 4 4 3-3 6 5", "M15.5 8.2v.1"]),
    (
        "linkedin",
        &[
            "M4 8h16a1 1 0 011 1v10a1 1 0 01-1 1H4a1 1 0 01-1-1V9a1 1 0 011-1z",
            "M9 8V5a1 1 0 011-1h4a1 1 0 011 1v3",
            "M3 13h18",
        ],
    ),
    ("linkedin_profile", &["M12 11a3.5 3.5 0 100-7 3.5 3.5 0 000 7z", "M5 20a7 7 0 0114 0"]),
    ("linkwork", &["M9 16A5 5 0 119 6a5 5 0 010 10z", "M15 18a5 5 0 110-10 5 5 0 010 10z"]),
    ("mailchimp", &["M3 6h18v12H3z", "M3 7l9 7 9-7"]),
    ("mastodon", &["M4 4h16v12h-9l-4 4v-4H4z", "M8 13V8l4 3.4L16 8v5"]),
    ("oauth2", &["M8 11a4 4 0 100 8 4 4 0 000-8z", "M11 12l9-9M16 7l3 3"]),
    ("oidc", &["M3 5h18v14H3z", "M8 12a2 2 0 100-4 2 2 0 000 4zM5 16a3 3 0 016 0", "M14.5 10H18M14.5 14H18"]),
    ("pagebook", &["M12 6C10 4.4 7 4 3 4v14c4 0 7 .4 9 2 2-1.6 5-2 9-2V4c-4 0-7 .4-9 2z", "M12 6v14"]),
    ("pinterest", &["M9 3h6l-1 7 3.5 3.5h-11L10 10z", "M12 13.5V21"]),
    ("reddit", &["M7 20V5M3 9l4-4 4 4", "M17 4v15M13 15l4 4 4-4"]),
    ("shopify", &["M12 3h8a1 1 0 011 1v8l-9.5 9.5-9-9z", "M16.5 7.5v.1"]),
    ("slack", &["M3 4h12v8H8l-3 3v-3H3z", "M18 9h3v8h-2v3l-3-3h-5v-2"]),
    (
        "snapchat_login",
        &[
            "M4 7h3l1.5-2.5h7L17 7h3a1 1 0 011 1v11a1 1 0 01-1 1H4a1 1 0 01-1-1V8a1 1 0 011-1z",
            "M12 10a3.5 3.5 0 100 7 3.5 3.5 0 000-7z",
        ],
    ),
    ("snapchat_marketing", &["M4 10v4h3l9 5V5l-9 5z", "M19 9.5a4 4 0 010 5", "M7 14v5h3v-3.3"]),
    ("threads", &["M6 4h12M6 20h12", "M8 4v16M16 4v16", "M8 9l8-2M8 13l8-2M8 17l8-2"]),
    (
        "tiktok",
        &[
            "M8 2.5h8A1.5 1.5 0 0117.5 4v16a1.5 1.5 0 01-1.5 1.5H8A1.5 1.5 0 016.5 20V4A1.5 1.5 0 018 2.5z",
            "M10.5 9.5v5l4-2.5z",
        ],
    ),
    ("tumblr", &[SQUARE, "M11 7v7.5a2.5 2.5 0 002.5 2.5H15M8.5 10H15"]),
    ("twitch", &["M4 8h16v12H4z", "M8 3l4 5 4-5", "M10 12v4M14 12v4"]),
    ("wordpress_com", &["M13 4H5v16h14v-8", "M10 14l1-4 8-8 3 3-8 8z"]),
    ("x", &["M4 4h16v12h-5l-3 4-3-4H4z", "M9.5 7l5 6M14.5 7l-5 6"]),
    (
        "youtube",
        &["M4 5h16a1 1 0 011 1v10a1 1 0 01-1 1H4a1 1 0 01-1-1V6a1 1 0 011-1z", "M10.5 8.5v5l4-2.5z", "M8 21h8"],
    ),
];

/// All of them, once per document.
#[component]
pub fn Marks() -> impl IntoView {
    let all = MARKS.iter().chain([&("other", OTHER)]);
    all.map(|(network, strokes)| view! { <Mark id=format!("net-{network}") strokes/> }).collect_view()
}

#[component]
fn Mark(id: String, strokes: &'static [&'static str]) -> impl IntoView {
    view! {
        <g id=id fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">
            {strokes.iter().map(|stroke| view! { <path d=*stroke></path> }).collect_view()}
        </g>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::icons::DRAWN;

    #[test]
    fn every_network_in_the_binary_has_a_drawing_of_its_own() {
        assert_eq!(MARKS.iter().map(|(network, _)| *network).collect::<Vec<_>>(), DRAWN);
        let files = std::fs::read_dir("networks").expect("the folder").map(|file| file.expect("a file").path());
        let networks = files.filter(|path| path.extension().is_some_and(|ending| ending == "toml"));
        for network in networks.map(|path| path.file_stem().expect("a name").display().to_string()) {
            assert!(DRAWN.contains(&network.as_str()), "{network} has no drawing");
        }
    }

    #[test]
    fn no_two_networks_look_alike() {
        for (index, (one, strokes)) in MARKS.iter().enumerate() {
            let twin = MARKS[index + 1..].iter().find(|(_, others)| others == strokes);
            assert!(twin.is_none() && *strokes != OTHER, "{one} looks like {twin:?}");
        }
    }
}
