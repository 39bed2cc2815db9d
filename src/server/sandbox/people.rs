//! Who lives in the sandbox: the same six on every network, and the pages that they look after on Pagebook.

/// Somebody who can be asked for permission.
pub(super) struct Person {
    pub id: &'static str,
    pub name: &'static str,
    pub handle: &'static str,
    pub pages: &'static [Page],
}

/// A page on a network where persons look after pages.
pub(super) struct Page {
    pub id: &'static str,
    pub name: &'static str,
    pub tasks: &'static [&'static str],
}

/// What somebody may do who runs a page.
pub(super) const ALL_TASKS: &[&str] = &["READ", "PUBLISH"];

pub(super) static PEOPLE: [Person; 6] = [
    Person {
        id: "ada",
        name: "Ada Lane",
        handle: "adalane",
        pages: &[
            run("7001", "Harbour Coffee – Bondi"),
            run("7002", "Harbour Coffee – Manly"),
            run("7003", "Harbour Coffee – Surry Hills"),
        ],
    },
    Person { id: "ben", name: "Ben Okafor", handle: "benokafor", pages: &[run("7004", "Harbour Coffee – Newtown")] },
    Person { id: "cleo", name: "Cleo Marsh", handle: "cleomarsh", pages: &[run("7005", "Harbour Coffee – Glebe")] },
    Person { id: "dan", name: "Dan Ito", handle: "danito", pages: &[run("7006", "Harbour Coffee – Parramatta")] },
    Person {
        id: "eve",
        name: "Eve Novak",
        handle: "evenovak",
        // The second is one that she may only look at: an application must not offer it for publishing.
        pages: &[
            run("7007", "Harbour Coffee – Coogee"),
            Page { id: "7008", name: "Harbour Coffee – Randwick", tasks: &["READ"] },
        ],
    },
    Person { id: "finn", name: "Finn Reyes", handle: "finnreyes", pages: &[] },
];

const fn run(id: &'static str, name: &'static str) -> Page {
    Page { id, name, tasks: ALL_TASKS }
}

impl Person {
    pub(super) fn called(id: &str) -> Option<&'static Self> {
        PEOPLE.iter().find(|person| person.id == id)
    }
}
