//! Images for container engines, made without one: a static program, certificate authorities and a user.
//!
//! Each is an OCI image layout in a tar archive, which `podman load`, `skopeo copy oci-archive:…` and `crane push`
//! take. It holds the program for every processor that the release is made for.

use super::archive::{Archive, Mode, gzipped};
use super::binaries::{self, Processor};
use super::{Release, tools};
use crate::step::step;
use anyhow::Result;
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::Path;
use xshell::{Shell, cmd};

/// Mozilla's certificate authorities, in the version that is meant: a machine's own differ.
const AUTHORITIES: &str = "certifi==2026.10.19.post1";
/// The user that nothing belongs to, as in distroless images.
const NOBODY: &str = "65532:65532";
const USERS: &str =
    "root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/:/sbin/nologin\n";
const GROUPS: &str = "root:x:0:\nnonroot:x:65532:\n";
const SOURCE: &str = env!("CARGO_PKG_REPOSITORY");

/// A program that has an image.
pub(super) struct Program {
    pub(super) name: &'static str,
    command: &'static [&'static str],
}

pub(super) const PROGRAMS: [Program; 2] = [
    Program { name: "emqx-rebalance", command: &["--help"] },
    Program { name: "emqx-rebalance-controller", command: &["run"] },
];

/// Makes the images of a release.
pub(super) fn make(shell: &Shell, release: &Release) -> Result<()> {
    release.each(|processor| binaries::build(shell, release, processor))?;
    let python = tools(shell, &[AUTHORITIES])?.program("python");
    let authorities =
        cmd!(shell, "{python} -c").arg("import certifi; print(certifi.where())").read()?;
    for program in &PROGRAMS {
        step(&format!("image of {}", program.name), || {
            let layers = release.processors.iter().map(|processor| {
                let built = processor.built().join(program.name);
                Ok((*processor, layer(program, &built, Path::new(&authorities), release.time)?))
            });
            let layers = layers.collect::<Result<Vec<_>>>()?;
            let bytes = layout(program, release, &layers)?;
            Ok(shell.write_file(release.file(&file(program.name, release.version)), bytes)?)
        })?;
    }
    Ok(())
}

/// The name of the archive that holds an image.
pub(super) fn file(program: &str, version: &str) -> String {
    format!("{program}-{version}-image.tar")
}

/// The files of an image.
struct Layer {
    gzipped: Vec<u8>,
    /// Of what it unpacks to.
    digest: String,
}

fn layer(program: &Program, built: &Path, authorities: &Path, time: u64) -> Result<Layer> {
    let mut archive = Archive::new(Vec::new(), time);
    for folder in ["etc", "etc/ssl", "etc/ssl/certs"] {
        archive.folder(folder, Mode::Folder)?;
    }
    archive.bytes("etc/passwd", Mode::File, USERS.as_bytes())?;
    archive.bytes("etc/group", Mode::File, GROUPS.as_bytes())?;
    archive.file("etc/ssl/certs/ca-certificates.crt", Mode::File, authorities)?;
    archive.folder("tmp", Mode::Shared)?;
    archive.file(program.name, Mode::Program, built)?;
    let tar = archive.end()?;
    let mut gzip = gzipped();
    std::io::Write::write_all(&mut gzip, &tar)?;
    Ok(Layer { gzipped: gzip.finish()?, digest: digest(&tar) })
}

/// The layout as a tar archive.
fn layout(program: &Program, release: &Release, layers: &[(Processor, Layer)]) -> Result<Vec<u8>> {
    let mut blobs = Blobs::new(release.time)?;
    let mut manifests = Vec::new();
    for (processor, layer) in layers {
        let config = blobs.json("image.config", &config(program, release, *processor, layer)?)?;
        let layer = blobs.add("image.layer", "tar+gzip", &layer.gzipped)?;
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": media("image.manifest", "json"),
            "config": config,
            "layers": [layer],
        });
        let manifest = blobs.json("image.manifest", &manifest)?;
        let platform = json!({"architecture": processor.short(), "os": "linux"});
        manifests.push(with(manifest, "platform", platform));
    }
    let index = |manifests: Vec<Value>| {
        let media = media("image.index", "json");
        json!({"schemaVersion": 2, "mediaType": media, "manifests": manifests})
    };
    let all = blobs.json("image.index", &index(manifests))?;
    let name = json!({"org.opencontainers.image.ref.name": release.version});
    blobs.end(&index(vec![with(all, "annotations", name)]))
}

/// `object` with one more field.
fn with(mut object: Value, name: &str, value: Value) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(name.to_owned(), value);
    }
    object
}

fn config(
    program: &Program,
    release: &Release,
    processor: Processor,
    layer: &Layer,
) -> Result<Value> {
    let created = Timestamp::from_second(i64::try_from(release.time)?)?.to_string();
    Ok(json!({
        "created": created,
        "architecture": processor.short(),
        "os": "linux",
        "config": {
            "User": NOBODY,
            "Entrypoint": [format!("/{}", program.name)],
            "Cmd": program.command,
            "Env": ["SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"],
            "Labels": {
                "org.opencontainers.image.title": program.name,
                "org.opencontainers.image.version": release.version,
                "org.opencontainers.image.revision": release.commit,
                "org.opencontainers.image.source": SOURCE,
                "org.opencontainers.image.licenses": "Apache-2.0",
            },
        },
        "rootfs": {"type": "layers", "diff_ids": [layer.digest]},
        "history": [{"created": created, "created_by": "cargo xtask dist"}],
    }))
}

fn media(kind: &str, form: &str) -> String {
    format!("application/vnd.oci.{kind}.v1+{form}")
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", super::manifest::hex(&Sha256::digest(bytes)))
}

/// A layout, of whose files each is named by what it holds.
struct Blobs {
    archive: Archive<Vec<u8>>,
    held: Vec<String>,
}

impl Blobs {
    fn new(time: u64) -> Result<Self> {
        let mut archive = Archive::new(Vec::new(), time);
        let version = json!({"imageLayoutVersion": "1.0.0"}).to_string();
        archive.bytes("oci-layout", Mode::File, version.as_bytes())?;
        archive.folder("blobs", Mode::Folder)?;
        archive.folder("blobs/sha256", Mode::Folder)?;
        Ok(Self { archive, held: Vec::new() })
    }

    /// Adds a file, and gives what names it.
    fn add(&mut self, kind: &str, form: &str, bytes: &[u8]) -> Result<Value> {
        let digest = digest(bytes);
        if !self.held.contains(&digest) {
            let path = format!("blobs/{}", digest.replace(':', "/"));
            self.archive.bytes(&path, Mode::File, bytes)?;
            self.held.push(digest.clone());
        }
        // Layers say their form with a dot, as the format has it.
        let media = media(kind, form).replace(".v1+tar", ".v1.tar");
        Ok(json!({"mediaType": media, "digest": digest, "size": bytes.len()}))
    }

    fn json(&mut self, kind: &str, value: &Value) -> Result<Value> {
        self.add(kind, "json", value.to_string().as_bytes())
    }

    fn end(mut self, index: &Value) -> Result<Vec<u8>> {
        self.archive.bytes("index.json", Mode::File, index.to_string().as_bytes())?;
        self.archive.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::fs;
    use std::io::Read;

    fn release() -> Release {
        Release {
            folder: "/nowhere".into(),
            parts: Vec::new(),
            processors: vec![Processor::x86_64, Processor::aarch64],
            version: "1.2.3",
            commit: "c0ffee".to_owned(),
            time: 1_700_000_000,
        }
    }

    fn made() -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let (program, authorities) = (folder.path().join("program"), folder.path().join("ca"));
        fs::write(&program, "a program").unwrap();
        fs::write(&authorities, "authorities").unwrap();
        let layer = |of| (of, layer(&PROGRAMS[0], &program, &authorities, 1_700_000_000).unwrap());
        let layers = [layer(Processor::x86_64), layer(Processor::aarch64)];
        layout(&PROGRAMS[0], &release(), &layers).unwrap()
    }

    fn files(tar: &[u8]) -> BTreeMap<String, Vec<u8>> {
        let mut archive = tar::Archive::new(tar);
        let entries = archive.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            (entry.path().unwrap().display().to_string(), bytes)
        });
        entries.collect()
    }

    /// Follows an index, as whoever pulls it does: every file is there, as long as is said, and named by
    /// what it holds.
    fn follow(files: &BTreeMap<String, Vec<u8>>, descriptor: &Value) -> Value {
        let named = descriptor["digest"].as_str().unwrap();
        let bytes = &files[&format!("blobs/{}", named.replace(':', "/"))];
        assert_eq!(
            (digest(bytes), json!(bytes.len())),
            (named.to_owned(), descriptor["size"].clone())
        );
        serde_json::from_slice(bytes).unwrap_or_default()
    }

    #[test]
    fn whoever_pulls_the_image_finds_every_file_by_its_digest() {
        let files = files(&made());
        let index: Value = serde_json::from_slice(&files["index.json"]).unwrap();
        assert_eq!(
            index["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"],
            "1.2.3"
        );
        let all = follow(&files, &index["manifests"][0]);
        let manifests = all["manifests"].as_array().unwrap();
        let platforms =
            manifests.iter().map(|one| one["platform"]["architecture"].as_str().unwrap());
        assert_eq!(platforms.collect::<Vec<_>>(), ["amd64", "arm64"]);
        for manifest in manifests {
            let manifest = follow(&files, manifest);
            let config = follow(&files, &manifest["config"]);
            assert_eq!(config["config"]["User"], "65532:65532");
            let layer = &manifest["layers"][0];
            assert_eq!(layer["mediaType"], "application/vnd.oci.image.layer.v1.tar+gzip");
            follow(&files, layer);
        }
    }

    #[test]
    fn the_same_programs_are_the_same_image() {
        assert_eq!(made(), made());
    }
}
