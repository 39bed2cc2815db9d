//! AT-11: what no network sends, at the callback. A corpus of named cases (`corpus/callbacks.txt`: name, method, target,
//! by tabs), each with a state, a code and cookies that would work; and mutations of them. Whatever comes is answered by
//! one of a few constant pages, reflects nothing, and sends no code.

use std::collections::BTreeSet;

use axum::body::Body;
use http::{Request, Uri};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    on_both,
    person::{Person, Popup, Say},
    world::{World, asks, router_of},
};
use crate::domain::{NetworkId, PageId, Status};

const CORPUS: &str = include_str!("corpus/callbacks.txt");
/// Stands in whatever a case would like to see again.
const MARK: &str = "zebra7";
/// All the pages that the whole corpus may be answered by.
const PAGES_AT_MOST: usize = 16;
const MUTATIONS: usize = 50_000;

struct Case {
    name: &'static str,
    method: &'static str,
    target: &'static str,
}

fn cases() -> Vec<Case> {
    let case = |line: &'static str| {
        let parts: Vec<_> = line.split('\t').collect();
        let [name, method, target] = parts[..] else { panic!("{line}") };
        Case { name, method, target }
    };
    CORPUS.lines().map(case).collect()
}

/// What stands for the braces in a target.
struct Live {
    attempt: String,
    state: String,
    code: String,
    app: String,
    app_other: String,
    iss: String,
}

async fn live(world: &World, popup: &Popup<'_, '_>) -> Live {
    let callback = popup.callback(Say::Yes("ben")).await;
    let url = oauth2::url::Url::parse(&callback).expect("an address");
    let param = |name: &str| url.query_pairs().find(|(key, _)| key == name).expect("it is there").1.into_owned();
    let app = |id: &str| world.app.networks.app_at(&NetworkId(id.to_owned())).expect("it is set up").id.to_string();
    let (code, state, iss) = (param("code"), param("state"), param("iss"));
    Live { attempt: popup.attempt.to_string(), state, code, app: app("chirper"), app_other: app("hush"), iss }
}

impl Live {
    /// The target's bytes, with everything filled in.
    fn fill(&self, target: &str) -> Vec<u8> {
        let filled = target
            .replace("{app}", &self.app)
            .replace("{APP}", &self.app.to_uppercase())
            .replace("{app_simple}", &self.app.replace('-', ""))
            .replace("{app_other}", &self.app_other)
            .replace("{attempt}", &self.attempt)
            .replace("{state}", &self.state)
            .replace("{state_cut}", &self.state[1..])
            .replace("{code}", &self.code)
            .replace("{iss}", &self.iss)
            .replace("{iss_other}", &self.iss.replace("chirper", "hush"));
        bytes(&repeated(&filled))
    }
}

/// `{ab*3}` becomes `ababab`.
fn repeated(text: &str) -> String {
    let mut whole = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (inside, after) = after.split_once('}').expect("a closing brace");
        let (what, times) = inside.rsplit_once('*').expect("a number of times");
        whole.push_str(before);
        whole.push_str(&what.repeat(times.parse().expect("a number")));
        rest = after;
    }
    whole + rest
}

/// `\xff` becomes that byte.
fn bytes(text: &str) -> Vec<u8> {
    let mut parts = text.split("\\x");
    let mut all = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        all.push(u8::from_str_radix(&part[..2], 16).expect("two digits"));
        all.extend(&part.as_bytes()[2..]);
    }
    all
}

/// The page without what is new each time.
fn constant(body: &str, live: &Live) -> String {
    let nonces = body.split("nonce=\"").skip(1).map(|rest| rest.split('"').next().expect("an end"));
    nonces.fold(body.replace(&live.attempt, ""), |body, nonce| body.replace(nonce, ""))
}

fn request(method: &str, target: Vec<u8>, cookies: &str) -> Option<Request<Body>> {
    let uri = Uri::from_maybe_shared(axum::body::Bytes::from(target)).ok()?;
    Some(Request::builder().method(method).uri(uri).header("cookie", cookies).body(Body::empty()).expect("a request"))
}

/// What is no address at all is refused before there is a request.
async fn raw(world: &World, target: &[u8]) -> (u16, String) {
    let address = world.origin.strip_prefix("http://").expect("it is one of this machine");
    let mut door = TcpStream::connect(address).await.expect("it listens");
    let head = format!(" HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    door.write_all(&[b"GET ", target, head.as_bytes()].concat()).await.expect("it takes it");
    let mut answer = String::new();
    door.read_to_string(&mut answer).await.expect("it answers");
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, answer.split_once("\r\n\r\n").expect("a body").1.to_owned())
}

/// Asks, goes on where the browser is sent, and answers the status and the page.
async fn hears(world: &World, case: &Case, live: &Live, cookies: &str) -> (u16, String) {
    let Some(request) = request(case.method, live.fill(case.target), cookies) else {
        return raw(world, &live.fill(case.target)).await;
    };
    let (status, head, body) = world.asks_directly(request).await;
    let shown = format!("{head}{body}").to_lowercase();
    for secret in [MARK, &live.state, &live.code] {
        assert!(!shown.contains(&secret.to_lowercase()), "{}: {secret} in {shown}", case.name);
    }
    if status != 303 {
        return (status, body);
    }
    let on = format!("/oauth/finish/{}", live.attempt);
    assert!(head.contains(&format!("\"location\": \"{on}\"")), "{}: {head}", case.name);
    let request = Request::get(on).header("cookie", cookies).body(Body::empty()).expect("a request");
    let (status, head, body) = world.asks_directly(request).await;
    assert!(!format!("{head}{body}").contains(MARK), "{}: {body}", case.name);
    (status, body)
}

async fn opens<'p, 'w>(owner: &'p Person<'w>, page: PageId) -> Popup<'p, 'w> {
    // Only this attempt's cookie: the request's head has its limits too.
    owner.cookies().retain(|name, _| !name.contains("-oa-"));
    owner.opens_popup(page).await
}

on_both! {
    async fn every_named_case_is_answered_by_a_constant_page_and_sends_nothing(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        let cases = cases();
        assert!(cases.len() >= 300, "{}", cases.len());
        assert_eq!(cases.iter().map(|case| case.name).collect::<BTreeSet<_>>().len(), cases.len(), "each has its own name");
        let mut pages = BTreeSet::new();
        let mut now = live(world, &opens(&owner, page).await).await;
        for case in &cases {
            let (status, body) = hears(world, case, &now, &owner.cookie_header()).await;
            assert!((400..500).contains(&status), "{}: {status} {body}", case.name);
            pages.insert(constant(&body, &now));
            assert!(pages.len() <= PAGES_AT_MOST, "{}: {:#?}", case.name, pages);
            let state = owner.looks(now.attempt.parse().expect("an id")).await.state;
            if !state.is_open() {
                now = live(world, &opens(&owner, page).await).await;
            }
        }
        assert_eq!(world.requests("chirper", "token").await + world.requests("hush", "token").await, 0);
        assert_eq!(owner.sees(page).await, Status::NotConnected);
        // The control: with nothing wrong about it the same code connects.
        let target = "/oauth/callback/{app}?code={code}&state={state}&iss={iss}";
        let (status, body) = hears(world, &Case { name: "right", method: "GET", target }, &now, &owner.cookie_header()).await;
        assert!(status == 200 && body.contains("is connected"), "{status} {body}");
    }
}

/// Splitmix64: the same mutations each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let sides = u64::try_from(sides.max(1)).expect("small");
        usize::try_from((mixed ^ (mixed >> 31)) % sides).expect("small")
    }

    /// Changes the text in one way.
    fn mutate(&mut self, text: &mut Vec<u8>, other: &[u8]) {
        const ODD: &[&[u8]] = &[
            b"&", b"=", b"%", b"%00", b"%0d%0a", b"%ff", b"+", b";", b"code=", b"&state=", b"&error=", b"&iss=", b"<",
            b"\"", b"'", b"{", b"\\", b"%25", b"?", b"/", b"..", b"\xc3", b"\xa9", b"[]", b"%2",
        ];
        let at = self.roll(text.len() + 1);
        let to = (at + self.roll(24)).min(text.len());
        match self.roll(7) {
            0 => drop(text.splice(at..at, ODD[self.roll(ODD.len())].iter().copied())),
            1 => drop(text.drain(at..to)),
            2 => drop(text.splice(at..at, text[at..to].to_vec())),
            3 => text.truncate(at),
            4 if at < text.len() => text[at] ^= 1 << self.roll(8),
            5 => drop(text.splice(at.., other[self.roll(other.len())..].iter().copied())),
            _ if at < to => text[at..to].reverse(),
            _ => {}
        }
    }
}

/// What an address cannot hold arrives escaped, as a browser would send it.
fn escaped(text: &[u8]) -> Vec<u8> {
    let escape = |byte: &u8| match byte {
        0..=b' ' | b'#' | 0x7f => format!("%{byte:02x}").into_bytes(),
        byte => vec![*byte],
    };
    text.iter().flat_map(escape).collect()
}

/// Through the whole router, without a socket: no cookie comes along, so nothing may be accepted however it came out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_thousand_mutations_are_refused_without_a_panic_or_a_token_request() {
    let world = World::on_sqlite().await;
    let owner = world.owner("Harbour").await;
    let page = owner.has("Bondi", &["chirper"]).await[0];
    let live = live(&world, &owner.opens_popup(page).await).await;
    let seeds: Vec<_> = cases().iter().map(|case| live.fill(case.target)).filter(|seed| seed.len() < 4_000).collect();
    let (router, mut dice, mut pages, mut sent) = (router_of(&world.app), Dice(7), BTreeSet::new(), 0);
    while sent < MUTATIONS {
        let (seed, other) = (&seeds[dice.roll(seeds.len())], &seeds[dice.roll(seeds.len())]);
        let query = seed.iter().position(|byte| *byte == b'?').unwrap_or(seed.len());
        // The path itself is altered now and then; what is most often read is the query.
        let start = if dice.roll(20) == 0 { "/oauth/".len() } else { query };
        let mut changed = seed[start..].to_vec();
        for _ in 0..=dice.roll(4) {
            dice.mutate(&mut changed, other);
        }
        let target = escaped(&[&seed[..start], &changed].concat());
        let Some(request) = request("GET", target.clone(), "") else { continue };
        let (status, head, body) = asks(router.clone(), request).await;
        let shown = String::from_utf8_lossy(&target).into_owned();
        assert!((400..500).contains(&status), "{status} {head} {body} for {shown}");
        assert!(!body.contains(MARK) && !head.contains(MARK), "{body} for {shown}");
        pages.insert(constant(&body, &live));
        assert!(pages.len() <= PAGES_AT_MOST, "{pages:#?}");
        sent += 1;
    }
    assert_eq!(world.requests("chirper", "token").await, 0);
    assert_eq!(owner.sees(page).await, Status::NotConnected);
    world.holds_no_secret().await;
}
