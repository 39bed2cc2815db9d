//! Reading the definitions: those in the binary, and those that an operator puts beside it.

use std::{borrow::Cow, collections::BTreeMap, path::Path};

use rust_embed::RustEmbed;
use toml::Spanned;

use super::{Definition, Extra, definition::SAMPLES};
use crate::{domain::NetworkId, server::settings::with_nearest};

#[derive(RustEmbed)]
#[folder = "networks"]
struct BuiltIn;

/// What `{sandbox}` stands for in a file that is only looked at.
const SOME_SANDBOX: &str = "http://localhost:8411";

/// Why a definition cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DefinitionError {
    /// The file is not what a definition is; the cause names line and field.
    #[error("the network definition {file} has an error: {cause}")]
    Wrong {
        /// Which file.
        file: String,
        /// Where and what.
        cause: String,
    },
    /// The file's name and its `id` differ.
    #[error("the network definition {file} says id = {id:?} in line {line}; name the file {id}.toml, or change the id")]
    Named {
        /// Which file.
        file: String,
        /// What it says.
        id: String,
        /// Where.
        line: usize,
    },
    /// Two definitions have one issuer and not the same doors, so that a callback could come from either (RFC 9207, section 4).
    #[error("the networks {one} and {other} have the same issuer{places}; each needs its own")]
    SameIssuer {
        /// The one.
        one: NetworkId,
        /// The other.
        other: NetworkId,
        /// Where their files say so, as far as files are known.
        places: String,
    },
    /// The folder or a file in it cannot be read.
    #[error("the network definitions in {folder} cannot be read: {cause}")]
    Folder {
        /// Which folder.
        folder: String,
        /// What the system says.
        cause: std::io::Error,
    },
}

/// Reads every definition. `folder` overrides and adds; `sandbox` is the sandbox's address, without which its networks
/// are left out.
///
/// # Errors
/// [`DefinitionError`] names the file, and where it can the line and the field.
pub fn load(folder: Option<&Path>, sandbox: Option<&str>) -> Result<Vec<Definition>, DefinitionError> {
    let mut files = built_in();
    if let Some(folder) = folder {
        files.extend(read_folder(folder)?);
    }
    parsed(&files, sandbox)
}

/// Reads the definition in a file, and sees whether it gets on with those in the binary.
///
/// # Errors
/// As [`load`].
pub fn read(file: &Path) -> Result<Definition, DefinitionError> {
    let named = |cause| DefinitionError::Folder { folder: file.display().to_string(), cause };
    let text = std::fs::read_to_string(file).map_err(named)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    // Alone first: what is wrong with the file itself is told before what it does to others.
    let own = parse(&name, &with_vars(text.clone()).replace("{sandbox}", SOME_SANDBOX))?;
    let mut files = built_in();
    files.insert(name, text);
    parsed(&files, Some(SOME_SANDBOX))?;
    Ok(own)
}

fn built_in() -> BTreeMap<String, String> {
    BuiltIn::iter()
        .filter(|name| name.ends_with(".toml"))
        .filter_map(|name| BuiltIn::get(&name).map(|file| (name.to_string(), file)))
        .map(|(name, file)| (name, String::from_utf8_lossy(&file.data).into_owned()))
        .collect()
}

/// The definitions in those files, by the files' names.
fn parsed(files: &BTreeMap<String, String>, sandbox: Option<&str>) -> Result<Vec<Definition>, DefinitionError> {
    let mut all = Vec::new();
    for (file, text) in files {
        let text = with_vars(text.clone());
        let text = match sandbox {
            Some(origin) => text.replace("{sandbox}", origin),
            None if text.contains("{sandbox}") => continue,
            None => text,
        };
        all.push(parse(file, &text)?);
    }
    no_shared_issuer(&all).map_err(|error| error.in_files(files))?;
    Ok(all)
}

/// The text with what its `vars` say. A file that cannot be read is left as it is; reading it tells where.
fn with_vars(text: String) -> String {
    let table: Option<toml::Table> = toml::from_str(&text).ok();
    let vars = table.as_ref().and_then(|table| table.get("vars")?.as_table()).cloned().unwrap_or_default();
    vars.iter().fold(text, |text, (name, value)| match value.as_str() {
        Some(value) => text.replace(&format!("{{{name}}}"), value),
        None => text,
    })
}

fn read_folder(folder: &Path) -> Result<Vec<(String, String)>, DefinitionError> {
    let named = |cause| DefinitionError::Folder { folder: folder.display().to_string(), cause };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(named)? {
        let path = entry.map_err(named)?.path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.push((name, std::fs::read_to_string(&path).map_err(named)?));
        }
    }
    Ok(files)
}

/// Reads one definition.
///
/// # Errors
/// As [`load`].
pub fn parse(file: &str, text: &str) -> Result<Definition, DefinitionError> {
    let wrong = |cause: toml::de::Error| {
        let cause = cause.to_string().replace(cause.message(), &with_nearest(cause.message())).trim_end().to_owned();
        DefinitionError::Wrong { file: file.to_owned(), cause }
    };
    let mut definition: Definition = toml::from_str(&sampled(text)).map_err(wrong)?;
    if let Some(instance) = &definition.instance {
        if let Some(cause) = instance.trouble() {
            let line = 1 + text.lines().position(|line| line.trim() == "[instance]").unwrap_or_default();
            let cause = format!("at line {line}, in [instance]: {cause}");
            return Err(DefinitionError::Wrong { file: file.to_owned(), cause });
        }
        definition.source = text.into();
    }
    if definition.authorize.par == Extra::Required && definition.authorize.par_url.is_none() {
        let line = 1 + text.lines().position(|line| line.trim_start().starts_with("par")).unwrap_or_default();
        let cause = format!("at line {line}, in [authorize]: par = \"required\" needs par_url");
        return Err(DefinitionError::Wrong { file: file.to_owned(), cause });
    }
    let stem = Path::new(file).file_stem().unwrap_or_default();
    if *stem != *definition.id.0 {
        return Err(DefinitionError::Named { file: file.to_owned(), line: line_of(text, "id"), id: definition.id.0 });
    }
    Ok(definition)
}

/// The line of a field that belongs to no table.
fn line_of(text: &str, field: &str) -> usize {
    let fields: Result<BTreeMap<String, Spanned<toml::Value>>, _> = toml::from_str(text);
    let start = fields.ok().and_then(|fields| Some(fields.get(field)?.span().start)).unwrap_or_default();
    text[..start].matches('\n').count() + 1
}

impl DefinitionError {
    /// With the lines in which two files say the same.
    fn in_files(mut self, files: &BTreeMap<String, String>) -> Self {
        if let Self::SameIssuer { one, other, places } = &mut self {
            let place = |id: &NetworkId| {
                let file = format!("{id}.toml");
                let line = files.get(&file).map(|text| line_of(text, "issuer"))?;
                Some(format!("line {line} of {file}"))
            };
            let lines: Vec<_> = [&*one, &*other].into_iter().filter_map(place).collect();
            *places = format!(" ({})", lines.join(", "));
        }
        self
    }
}

/// The text as it could be at an address that somebody typed, so that its fields can be read before anybody does.
fn sampled(text: &str) -> Cow<'_, str> {
    let table: Option<toml::Table> = toml::from_str(text).ok();
    if !table.is_some_and(|table| table.contains_key("instance")) {
        return text.into();
    }
    SAMPLES.iter().fold(text.to_owned(), |text, (name, word)| text.replace(&format!("{{{name}}}"), word)).into()
}

pub(in crate::server) fn no_shared_issuer(all: &[Definition]) -> Result<(), DefinitionError> {
    for (index, one) in all.iter().enumerate() {
        // Two products of one server, such as Google's, are no two servers.
        let doors = |one: &Definition| (one.authorize.url.clone(), one.token.url.clone());
        // Where people type an address, the issuer is that address's own.
        let is_other = |other: &&Definition| {
            other.issuer == one.issuer
                && doors(other) != doors(one)
                && other.instance.is_none()
                && one.instance.is_none()
        };
        if let Some(other) = all[index + 1..].iter().find(is_other) {
            let (one, other) = (one.id.clone(), other.id.clone());
            return Err(DefinitionError::SameIssuer { one, other, places: String::new() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "id = \"x\"\nname = \"X\"\nissuer = \"x\"\n[authorize]\nurl = \"https://x.example/a\"\n[token]\n\
         url = \"https://x.example/t\"\nauth = \"basic\"\n[abilities]\n[person]\nask = \"https://x.example/m\"\n\
         id = \"id\"\nname = \"name\"\n";

    #[test]
    fn every_definition_in_the_binary_is_whole() {
        let all = load(None, Some("http://localhost:1")).expect("built-in definitions are right");
        assert!(all.iter().any(|definition| definition.id.0 == "chirper"));
    }

    #[test]
    fn a_file_that_does_not_get_on_with_others_is_told_with_its_line() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let told = |name: &str, text: &str| {
            let file = folder.path().join(name);
            std::fs::write(&file, text).expect("it can be written");
            read(&file).map(|definition| definition.id.0).map_err(|error| error.to_string())
        };
        let good = GOOD.replace("issuer = \"x\"", "issuer = \"https://x.example\"");
        assert_eq!(told("x.toml", &good), Ok("x".to_owned()));
        let named = told("y.toml", &good).expect_err("it is called y");
        assert!(named.contains("y.toml") && named.contains("in line 1;"), "{named}");
        let taken = told("x.toml", &good.replace("https://x.example\"", "https://slack.com\"")).expect_err("Slack's");
        let places = "(line 4 of slack.toml, line 3 of x.toml)";
        assert!(taken.contains("slack and x have the same issuer") && taken.contains(places), "{taken}");
        let slack = std::fs::read_to_string("networks/slack.toml").expect("it is there");
        assert_eq!(told("slack.toml", &slack), Ok("slack".to_owned()), "one's own takes the place of the binary's");
        let missing = read(&folder.path().join("z.toml")).expect_err("there is none").to_string();
        assert!(missing.contains("z.toml cannot be read"), "{missing}");
    }

    #[test]
    fn a_typing_mistake_is_told_with_file_line_and_field() {
        let error = parse("x.toml", "id = \"x\"\nname = \"X\"\nisuer = \"x\"\n").expect_err("isuer is no field");
        let text = error.to_string();
        assert!(
            text.contains("x.toml") && text.contains("line 3") && text.contains("did you mean `issuer`?"),
            "{text}"
        );
    }

    #[test]
    fn a_value_that_cannot_work_is_told_with_file_line_and_field() {
        assert!(parse("x.toml", GOOD).is_ok());
        for (right, wrong, line, field, cause) in [
            ("https://x.example/t", "nonsense", 7, "url", "no usable address"),
            ("https://x.example/t", "http://x.example/t", 7, "url", "https"),
            ("https://x.example/m", "https://u:p@x.example/m", 11, "ask", "password"),
            ("https://x.example/a", "https://x.example/a?state=1", 5, "url", "the parameter state"),
            ("[token]", "params = { client_id = \"x\" }\n[token]", 6, "params", "the parameter client_id"),
            ("[token]", "[token]\nscope_separator = \"\"", 7, "scope_separator", "empty"),
            ("\"X\"", "\"\"", 2, "name", "empty"),
            ("[token]", "par = \"required\"\n[token]", 6, "par", "par_url"),
            ("[token]", "params = { request_uri = \"x\" }\n[token]", 6, "params", "the parameter request_uri"),
            (
                "name = \"name\"\n",
                "name = \"name\"\n[[refusals]]\nmeans = \"removed\"\n",
                14,
                "refusals",
                "every answer",
            ),
            ("[token]", "[lifetime]\nrenewal = \"extend\"\n[token]", 6, "lifetime", "needs lifetime.extend"),
            ("[token]", "[lifetime]\nextend = { ask = \"https://x.example/e\" }\n[token]", 6, "lifetime", "never used"),
            (
                "[token]",
                "[pages]\nask = \"https://x.example/{parent}\"\nid = \"id\"\nname = \"n\"\n[token]",
                6,
                "pages",
                "no pages.via",
            ),
            (
                "[token]",
                "[pages]\nask = \"https://x.example/p\"\nid = \"id\"\nname = \"n\"\nvia = { ask = \"https://x.example/v\", items = \"i\", id = [\"id\"] }\n[token]",
                6,
                "pages",
                "must name {parent}",
            ),
            ("issuer = \"x\"", "issuer = \"x\"\nredirect = [\"htps\"]", 4, "redirect", "did you mean `https`?"),
            ("auth = \"basic\"", "auth = \"basic\"\nurl = \"twice\"", 9, "url", "duplicate key"),
            ("auth = \"basic\"\n", "", 6, "auth", "missing field"),
            ("auth = \"basic\"", "auth = basic", 8, "auth", "quoted"),
            ("[abilities]", "[abilities]\nfly = []", 10, "fly", "unknown variant"),
        ] {
            let text = parse("x.toml", &GOOD.replace(right, wrong)).expect_err(wrong).to_string();
            let place = format!("line {line},");
            assert!([&place, "x.toml", field, cause].iter().all(|part| text.contains(*part)), "{text}");
        }
    }
}
