//! Puts the web app into the binary: each file of `web/` as it is and compressed, under a name that changes with
//! any of them.
#![allow(
    clippy::disallowed_methods,
    reason = "cargo tells a build by the environment"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

/// What stands in the files for the name of the whole.
const HASH: &str = "{HASH}";

/// What stands in the page for the modules that it begins with.
const MODULES: &str = "<!-- modules -->";

/// What stands in the service worker for the files that are kept for when there is no server.
const SHELL: &str = "/* shell */";

/// Kinds of files that are no smaller when compressed.
const DENSE: [&str; 2] = ["woff2", "png"];

struct Asset {
    path: String,
    bytes: Vec<u8>,
}

fn main() {
    let root =
        Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo says where")).join("../../web");
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo says where to"));
    println!("cargo:rerun-if-changed={}", root.display());
    let mut assets = Vec::new();
    read(&root, "", &mut assets);
    assets.sort_by(|one, other| one.path.cmp(&other.path));
    let hash = hash(&assets);
    let mut code = format!("const HASH: &str = {hash:?};\n\n");
    code += "static FILES: &[File] = &[\n";
    for (number, asset) in assets.iter().enumerate() {
        let bytes = filled(asset, &assets, &hash);
        let plain = out.join(format!("{number}"));
        fs::write(&plain, &bytes).expect("the folder for output can be written");
        let gzip = compressed(&asset.path, &bytes).map(|bytes| {
            let path = out.join(format!("{number}.gz"));
            fs::write(&path, bytes).expect("the folder for output can be written");
            path
        });
        let gzip = gzip.map_or("None".to_owned(), |path| {
            format!("Some(include_bytes!({path:?}))")
        });
        writeln!(
            code,
            "    File {{ path: {:?}, plain: include_bytes!({plain:?}), gzip: {gzip} }},",
            asset.path
        )
        .expect("text grows");
    }
    code += "];\n";
    fs::write(out.join("web.rs"), code).expect("the folder for output can be written");
}

fn read(folder: &Path, path: &str, assets: &mut Vec<Asset>) {
    println!("cargo:rerun-if-changed={}", folder.display());
    let entries = fs::read_dir(folder).expect("`web/` lies at the root of the repository");
    for entry in entries {
        let entry = entry.expect("a folder can be listed");
        let name = entry.file_name().into_string().expect("names are UTF-8");
        let path = format!("{path}{name}");
        if entry.path().is_dir() {
            read(&entry.path(), &format!("{path}/"), assets);
        } else if is_served(&name) {
            println!("cargo:rerun-if-changed={}", entry.path().display());
            let bytes = fs::read(entry.path()).expect("a file can be read");
            assets.push(Asset { path, bytes });
        }
    }
}

/// Whether browsers need it: types and settings are for those who write the app.
fn is_served(name: &str) -> bool {
    let is_type = name.ends_with(".d.ts") || name.ends_with(".d.mts");
    let is_code = !is_type && name != "tsconfig.json" && !name.ends_with(".md");
    is_code && !name.starts_with('.')
}

fn hash(assets: &[Asset]) -> String {
    let mut sha = Sha256::new();
    for asset in assets {
        sha.update((asset.path.len() as u64).to_le_bytes());
        sha.update(&asset.path);
        sha.update((asset.bytes.len() as u64).to_le_bytes());
        sha.update(&asset.bytes);
    }
    sha.finalize()
        .iter()
        .take(8)
        .fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("text grows");
            text
        })
}

/// The file with the name of the whole, and what follows from it, in their places.
fn filled(asset: &Asset, assets: &[Asset], hash: &str) -> Vec<u8> {
    if !asset.path.ends_with(".html") && asset.path != "sw.js" {
        return asset.bytes.clone();
    }
    let text = String::from_utf8(asset.bytes.clone()).expect("pages are UTF-8");
    let first = first_modules(assets);
    let links: String = first
        .iter()
        .map(|path| format!("<link rel=\"modulepreload\" href=\"/app/{hash}/{path}\">\n"))
        .collect();
    let shell: Vec<String> = assets
        .iter()
        .filter(|asset| is_of_shell(&asset.path, &first))
        .map(|asset| format!("{:?}", format!("/app/{hash}/{}", asset.path)))
        .collect();
    let text = text
        .replace(MODULES, links.trim_end())
        .replace(SHELL, &shell.join(", "));
    text.replace(HASH, hash).into_bytes()
}

fn is_of_shell(path: &str, first: &BTreeSet<String>) -> bool {
    let kind = path.rsplit('.').next().unwrap_or_default();
    first.contains(path) || ["css", "ftl", "woff2", "svg"].contains(&kind)
}

/// Modules that `main.js` needs at once, and those that they need.
fn first_modules(assets: &[Asset]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec!["main.js".to_owned()];
    while let Some(path) = open.pop() {
        let asset = assets.iter().find(|asset| asset.path == path);
        let asset = asset.unwrap_or_else(|| panic!("`{path}` is imported, and not there"));
        if !found.insert(path.clone()) {
            continue;
        }
        let text = String::from_utf8_lossy(&asset.bytes);
        open.extend(imports(&text).map(|import| joined(&path, import)));
    }
    found
}

/// What a module imports before it runs.
fn imports(text: &str) -> impl Iterator<Item = &str> {
    let statements = text.split(['\n', ';']).map(str::trim);
    let statements = statements.filter(|line| {
        let begins = ["import ", "import{", "export ", "} from "];
        begins.iter().any(|begin| line.starts_with(begin))
    });
    statements.filter_map(|line| {
        let (_, rest) = line
            .split_once("from ")
            .or_else(|| line.split_once("import "))?;
        let quote = rest
            .chars()
            .next()
            .filter(|sign| ['"', '\''].contains(sign))?;
        let path = rest[1..].split(quote).next()?;
        path.starts_with('.').then_some(path)
    })
}

fn joined(from: &str, import: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in import.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

fn compressed(path: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    let kind = path.rsplit('.').next().unwrap_or_default();
    if DENSE.contains(&kind) {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory can be written");
    Some(encoder.finish().expect("memory can be written"))
}
