//! The bundled samples: a table, a model trained on it, and what the columns are for.

use std::path::PathBuf;

use crate::base::Problem;
use crate::data::{Dataset, Role};

/// One bundled sample.
#[derive(Debug)]
pub struct Sample {
    /// Stable name, used by `Command::OpenSample`.
    pub id: &'static str,
    /// Title for people.
    pub title: &'static str,
    /// What it shows, in one sentence without full stop.
    pub sentence: &'static str,
    /// Table file inside the folder of samples.
    pub table: &'static str,
    /// Model file inside the folder of samples.
    pub model: &'static str,
    /// The target column.
    pub target: &'static str,
    /// The column that names rows.
    pub identifier: Option<&'static str>,
    /// Columns that mark groups.
    pub protected: &'static [&'static str],
}

/// Every sample, in menu order.
pub static SAMPLES: &[Sample] = &[
    Sample {
        id: "credit",
        title: "Credit applications",
        sentence: "1 000 loans of a German bank, 1973–1975: which applications end in default",
        table: "credit.csv",
        model: "models/credit-xgboost.json",
        target: "default",
        identifier: Some("applicant_id"),
        protected: &["sex"],
    },
    Sample {
        id: "diamonds",
        title: "Diamond prices",
        sentence: "53 940 round cut diamonds: what their size, cut and clarity say about the price",
        table: "diamonds.csv",
        model: "models/diamonds-lightgbm.txt",
        target: "price",
        identifier: None,
        protected: &[],
    },
    Sample {
        id: "penguins",
        title: "Penguins",
        sentence: "344 penguins of the Palmer Archipelago: three species told apart by their measurements",
        table: "penguins.csv",
        model: "models/penguins-xgboost.json",
        target: "species",
        identifier: Some("penguin_id"),
        protected: &[],
    },
    Sample {
        id: "breast-cancer",
        title: "Breast cancer cells",
        sentence: "569 cell samples, thirty measurements each: benign or malignant",
        table: "breast_cancer.csv",
        model: "models/breast-cancer-xgboost.ubj",
        target: "diagnosis",
        identifier: Some("sample_id"),
        protected: &[],
    },
];

/// The sample with this id.
pub fn find(id: &str) -> Option<&'static Sample> {
    SAMPLES.iter().find(|s| s.id == id)
}

/// A file of the bundled samples: beside the program, beside its installation, or where the program was built.
pub fn locate(file: &str) -> Result<PathBuf, Problem> {
    let program = std::env::current_exe().ok();
    let beside = program.as_deref().and_then(|p| p.parent());
    let folders = [
        beside.map(|folder| folder.join("sample_data")),
        beside.and_then(|folder| folder.parent()).map(|folder| folder.join("share/candor/sample_data")),
        Some(PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/sample_data"))),
    ];
    folders.into_iter().flatten().map(|folder| folder.join(file)).find(|path| path.is_file()).ok_or_else(|| {
        Problem::new(
            "Could not open the sample",
            format!("“{file}” was not found"),
            "Put the folder sample_data beside the program, or open a table and a model of your own",
        )
    })
}

impl Sample {
    /// The table with the sample's roles.
    pub fn with_roles(&self, data: &Dataset) -> Dataset {
        let role = |name: &str| {
            if name == self.target {
                Role::Target
            } else if self.identifier == Some(name) {
                Role::Identifier
            } else if self.protected.contains(&name) {
                Role::Protected
            } else {
                Role::Feature
            }
        };
        data.with_roles(data.columns().iter().map(|c| role(&c.name)).collect())
    }
}
