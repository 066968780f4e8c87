//! Builds `kube-apiserver` from Debian's source package `kubernetes`, with Debian's Go, and keeps
//! it with `etcd` and `kubectl` in one folder named after the package's version.
//!
//! Debian ships only `kubectl`, but its source package is the whole tree. Debian 12 has 1.20; later
//! releases have trees without the server.

use super::debian::Debian;
use crate::step::step;
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use xshell::{Cmd, Shell, cmd};

/// What is kept. A folder that holds the first is complete: it is moved there in one go.
const PROGRAMS: [&str; 3] = ["kube-apiserver", "etcd", "kubectl"];

/// Debian's packages that the build takes programs and code from. The tree's own copy of reflect2
/// (1.0.1) crashes on Go since 1.18, at the first object with a map in it.
const PACKAGES: [&str; 5] = [
    "etcd-server",
    "golang-1.19-go",
    "golang-1.19-src",
    "golang-github-modern-go-reflect2-dev",
    "kubernetes-client",
];

const REFLECT2: &str = "github.com/modern-go/reflect2";

/// The package of the generated OpenAPI definitions, which Debian's tree comes without.
const OPENAPI: &str = "k8s.io/kubernetes/pkg/generated/openapi";

/// The packages that hold the version of Kubernetes' programs: what the server tells its clients, and
/// what it says of itself.
const VERSIONS: [&str; 2] = ["client-go/pkg/version", "component-base/version"];

/// The folder with [`PROGRAMS`]: the one that an earlier call built, else built now, which takes
/// minutes.
pub(crate) fn find_or_build(shell: &Shell, folder: &Path) -> Result<PathBuf> {
    if let Some(bin) = find(shell, folder)? {
        return Ok(bin);
    }
    step("kube-apiserver from Debian's source package", || build(shell, folder))?;
    find(shell, folder)?.context("the build left no kube-apiserver")
}

fn find(shell: &Shell, folder: &Path) -> Result<Option<PathBuf>> {
    let versions = shell.read_dir(folder)?.into_iter().map(|version| version.join("bin"));
    Ok(versions.filter(|bin| bin.join(PROGRAMS[0]).is_file()).max())
}

fn build(shell: &Shell, folder: &Path) -> Result<()> {
    let work = folder.join("build");
    shell.remove_path(&work)?;
    let tree = Tree { shell, work: shell.create_dir(&work)? };
    let version = tree.fetch()?;
    tree.compile(&version)?;
    keep(shell, &work.join("usr/bin"), &folder.join(format!("kubernetes-{version}")))?;
    Ok(shell.remove_path(work)?)
}

/// Moves the programs to where [`find`] looks, all at once.
fn keep(shell: &Shell, from: &Path, to: &Path) -> Result<()> {
    shell.remove_path(to)?;
    let part = shell.create_dir(to.join("part"))?;
    for program in PROGRAMS {
        std::fs::rename(from.join(program), part.join(program))?;
    }
    Ok(std::fs::rename(part, to.join("bin"))?)
}

/// The unpacked packages: Go under `usr`, the source where Go looks for it without modules, since
/// the tree's list of vendored modules is not what `go` expects.
struct Tree<'a> {
    shell: &'a Shell,
    work: PathBuf,
}

impl Tree<'_> {
    /// Fetches everything, and answers the version of Kubernetes' package.
    fn fetch(&self) -> Result<String> {
        let debian = Debian::new(self.shell, &self.work.join("apt"))?;
        debian.unpack(&PACKAGES, &self.work)?;
        let version = debian.source("kubernetes", &self.source())?;
        let ours = self.source().join("vendor").join(REFLECT2);
        self.shell.remove_path(&ours)?;
        std::fs::rename(self.work.join("usr/share/gocode/src").join(REFLECT2), ours)?;
        Ok(version)
    }

    fn source(&self) -> PathBuf {
        self.work.join("go/src/k8s.io/kubernetes")
    }

    fn compile(&self, version: &str) -> Result<()> {
        let _source = self.shell.push_dir(self.source());
        self.generate_openapi()?;
        let server = self.work.join("usr/bin").join(PROGRAMS[0]);
        Ok(self.go_build(&server, "./cmd/kube-apiserver", &variables(&upstream(version))).run()?)
    }

    fn generate_openapi(&self) -> Result<()> {
        let generator = self.work.join("openapi-gen");
        self.go_build(&generator, "./vendor/k8s.io/kube-openapi/cmd/openapi-gen", "").run()?;
        let packages = self.described_packages()?;
        let header = "vendor/k8s.io/code-generator/hack/boilerplate.go.txt";
        let report = self.work.join("violations");
        let generate = cmd!(self.shell, "nice -n 19 {generator} -h {header} -r {report}");
        let generate =
            generate.args(["-i", &packages, "-p", OPENAPI, "-O", "zz_generated.openapi"]);
        Ok(self.at_home(generate).run()?)
    }

    /// The packages whose types have OpenAPI definitions, as the generator wants them.
    fn described_packages(&self) -> Result<String> {
        let tag = "+k8s:openapi-gen=";
        let folders = ["staging/src/k8s.io", "pkg", "cmd", "plugin"];
        let files = cmd!(self.shell, "grep -rl --include=*.go {tag} {folders...}").read()?;
        let packages: BTreeSet<_> = files.lines().filter_map(package).collect();
        Ok(Vec::from_iter(packages).join(","))
    }

    /// Builds `package` without what only debuggers read, and leaves the machine to others.
    fn go_build(&self, program: &Path, package: &str, variables: &str) -> Cmd<'_> {
        let go = self.work.join("usr/lib/go-1.19/bin/go");
        let build = cmd!(self.shell, "nice -n 19 {go} build -p 2 -trimpath -o {program}");
        self.at_home(build.args(["-ldflags", &format!("-s -w {variables}"), package]))
    }

    /// `command` in the source, with all that Go keeps in our folder.
    fn at_home<'c>(&self, command: Cmd<'c>) -> Cmd<'c> {
        command
            .env("GOPATH", self.work.join("go"))
            .env("GOROOT", self.work.join("usr/lib/go-1.19"))
            .env("GOCACHE", self.work.join("cache"))
            .envs([("CGO_ENABLED", "0"), ("GO111MODULE", "off"), ("GOFLAGS", "")])
    }
}

/// The Go package that `file` belongs to, unless it is of the examples.
fn package(file: &str) -> Option<String> {
    let examples = ["/code-generator/", "/sample-apiserver/"];
    let (folder, _) = file.rsplit_once('/')?;
    let import = folder.replacen("staging/src/", "vendor/", 1);
    let is_example = examples.iter().any(|example| file.contains(example));
    (!is_example).then(|| format!("k8s.io/kubernetes/{import}"))
}

/// Kubernetes' version in the version of Debian's package: `1.20.5+really1.20.2-1.1` is 1.20.2.
fn upstream(version: &str) -> String {
    let upstream = version.rsplit_once('-').map_or(version, |(upstream, _)| upstream);
    upstream.rsplit_once("+really").map_or(upstream, |(_, really)| really).to_owned()
}

/// How Go's linker is told `version`.
fn variables(version: &str) -> String {
    let (major, rest) = version.split_once('.').unwrap_or((version, ""));
    let minor = rest.split('.').next().unwrap_or_default();
    let values = [
        ("gitVersion", format!("v{version}")),
        ("gitMajor", major.to_owned()),
        ("gitMinor", minor.to_owned()),
    ];
    let set = VERSIONS.iter().flat_map(|package| {
        let package = format!("k8s.io/kubernetes/vendor/k8s.io/{package}");
        values.iter().map(move |(name, value)| format!("-X {package}.{name}={value}"))
    });
    Vec::from_iter(set).join(" ")
}

#[cfg(test)]
mod tests {
    use super::{package, upstream, variables};

    #[test]
    fn the_server_tells_the_version_that_it_is() {
        assert_eq!(upstream("1.20.5+really1.20.2-1.1+deb12u1"), "1.20.2");
        assert_eq!(upstream("1.33.4-1"), "1.33.4");
        let told = variables("1.20.2");
        assert!(told.contains("/client-go/pkg/version.gitVersion=v1.20.2 "), "{told}");
        assert!(told.ends_with("/component-base/version.gitMinor=20"), "{told}");
    }

    #[test]
    fn packages_of_the_tree_are_named_as_go_imports_them() {
        let staged = package("staging/src/k8s.io/api/core/v1/doc.go");
        assert_eq!(staged.unwrap(), "k8s.io/kubernetes/vendor/k8s.io/api/core/v1");
        let own = package("pkg/apis/abac/v1/doc.go");
        assert_eq!(own.unwrap(), "k8s.io/kubernetes/pkg/apis/abac/v1");
        assert_eq!(package("staging/src/k8s.io/sample-apiserver/pkg/a/doc.go"), None);
    }
}
