//! The repositories that the demo's GitHub has, as data.

/// The login that the token belongs to, and the owner of most repositories.
pub const OWNER: &str = "demo";

/// One repository.
#[derive(Debug)]
pub struct Repository {
    /// `owner/name`.
    pub full_name: &'static str,
    /// What GitHub shows under the name; empty where nobody wrote one.
    pub description: &'static str,
    /// Main language, empty where there is none.
    pub language: &'static str,
    /// The branch that `HEAD` names.
    pub default_branch: &'static str,
    /// Branches besides the default one, each with a commit of its own.
    pub branches: &'static [&'static str],
    /// Visible to its owner only. The token is demanded either way.
    pub private: bool,
    /// A copy of another one.
    pub fork: bool,
    /// Read-only for good.
    pub archived: bool,
    /// Date of the last push, `YYYY-MM-DD`.
    pub pushed: &'static str,
    /// How fast it may be read at first.
    pub bytes_per_second: Option<u64>,
    /// What is in it.
    pub content: Content,
}

impl Repository {
    /// The account that has it.
    pub fn owner(&self) -> &'static str {
        self.full_name.split_once('/').map_or(OWNER, |(owner, _)| owner)
    }

    /// Its name within the account.
    pub fn name(&self) -> &'static str {
        self.full_name.split_once('/').map_or(self.full_name, |(_, name)| name)
    }
}

/// What a repository holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A small page: HTML, CSS, JavaScript.
    Web,
    /// A small Rust program.
    Rust,
    /// A small Python program.
    Python,
    /// Many small source files.
    Many,
    /// A few megabytes that do not compress.
    Assets,
    /// A README and nothing else.
    Notes,
    /// No commit at all.
    Empty,
    /// A history of which one object is missing.
    Broken,
}

const PLAIN: Repository = Repository {
    full_name: "",
    description: "",
    language: "",
    default_branch: "main",
    branches: &[],
    private: false,
    fork: false,
    archived: false,
    pushed: "2026-01-05",
    bytes_per_second: None,
    content: Content::Notes,
};

/// Every repository, in no particular order.
pub fn repositories() -> &'static [Repository] {
    &REPOSITORIES
}

static REPOSITORIES: [Repository; 22] = [
    Repository {
        full_name: "demo/hello-web",
        description: "A small page that greets whoever opens it",
        language: "HTML",
        branches: &["dark-mode", "feature/clock"],
        pushed: "2026-06-12",
        content: Content::Web,
        ..PLAIN
    },
    Repository {
        full_name: "demo/tally",
        description: "Counts words, lines and letters",
        language: "Rust",
        branches: &["faster-counting"],
        pushed: "2026-06-03",
        content: Content::Rust,
        ..PLAIN
    },
    Repository {
        full_name: "demo/weather-log",
        description: "Keeps a diary of the weather in a CSV file",
        language: "Python",
        default_branch: "master",
        branches: &["units", "fix/negative-temperatures"],
        private: true,
        pushed: "2026-05-28",
        content: Content::Python,
        ..PLAIN
    },
    Repository {
        full_name: "demo/big-monorepo",
        description: "Two thousand files, for lists and searches that have to be quick",
        language: "TypeScript",
        branches: &["next", "release/1.x", "release/2.x"],
        private: true,
        pushed: "2026-05-20",
        content: Content::Many,
        ..PLAIN
    },
    Repository {
        full_name: "demo/slow-assets",
        description: "Served slowly on purpose, so that a clone can be watched",
        bytes_per_second: Some(400_000),
        pushed: "2026-05-02",
        content: Content::Assets,
        ..PLAIN
    },
    Repository {
        full_name: "demo/legacy-trunk",
        description: "Its default branch is called trunk",
        language: "Rust",
        default_branch: "trunk",
        branches: &["main-is-not-the-default"],
        pushed: "2026-04-17",
        content: Content::Rust,
        ..PLAIN
    },
    Repository {
        full_name: "demo/data__pipeline.v2",
        description: "A name with two underscores and a dot",
        language: "Python",
        private: true,
        pushed: "2026-04-01",
        content: Content::Python,
        ..PLAIN
    },
    Repository {
        full_name: "demo/empty",
        description: "Nothing was ever pushed here",
        pushed: "2026-03-30",
        content: Content::Empty,
        ..PLAIN
    },
    Repository {
        full_name: "demo/hello-fork",
        description: "A copy of somebody else's page",
        language: "HTML",
        fork: true,
        pushed: "2026-03-21",
        content: Content::Web,
        ..PLAIN
    },
    Repository {
        full_name: "demo/museum",
        description: "Archived: it can be read and not pushed",
        language: "HTML",
        default_branch: "master",
        archived: true,
        pushed: "2021-02-11",
        content: Content::Web,
        ..PLAIN
    },
    Repository {
        full_name: "demo/broken",
        description: "Lacks an object on purpose: a clone of it fails",
        pushed: "2026-03-14",
        content: Content::Broken,
        ..PLAIN
    },
    Repository {
        full_name: "acme-labs/shop",
        description: "The shop of a company that does not exist",
        language: "HTML",
        branches: &["checkout-v2"],
        private: true,
        pushed: "2026-06-09",
        content: Content::Web,
        ..PLAIN
    },
    Repository {
        full_name: "acme-labs/billing",
        description: "Invoices, mostly on time",
        language: "Python",
        default_branch: "develop",
        private: true,
        pushed: "2026-06-01",
        content: Content::Python,
        ..PLAIN
    },
    Repository {
        full_name: "acme-labs/tally",
        description: "Same name as another one, another owner",
        language: "Rust",
        fork: true,
        pushed: "2026-01-30",
        content: Content::Rust,
        ..PLAIN
    },
    Repository {
        full_name: "demo/dotfiles",
        description: "Settings, collected",
        pushed: "2026-02-20",
        ..PLAIN
    },
    Repository { full_name: "demo/recipes", description: "Soup and bread", pushed: "2026-02-14", ..PLAIN },
    Repository {
        full_name: "demo/reading-list",
        description: "Books, some of them read",
        pushed: "2026-02-02",
        ..PLAIN
    },
    Repository {
        full_name: "demo/talks",
        description: "Slides in Markdown: größer, 日本語, émoji 🎈",
        pushed: "2025-12-19",
        ..PLAIN
    },
    Repository { full_name: "demo/no-description", pushed: "2025-11-08", ..PLAIN },
    Repository {
        full_name: "demo/Old.Project",
        description: "Capitals and a dot in the name",
        pushed: "2024-08-08",
        ..PLAIN
    },
    Repository {
        full_name: "demo/a",
        description: "The shortest name",
        private: true,
        pushed: "2024-03-03",
        ..PLAIN
    },
    Repository {
        full_name: "demo/a-name-that-is-as-long-as-the-names-that-some-people-like-to-give-to-their-repositories",
        description: "A long name, to see where it is cut",
        pushed: "2023-10-10",
        ..PLAIN
    },
];
