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
    /// Table and model inside the program, for samples that open anywhere.
    pub embedded: Option<[&'static [u8]; 2]>,
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
        embedded: Some([
            include_bytes!("../../sample_data/credit.csv"),
            include_bytes!("../../sample_data/models/credit-xgboost.json"),
        ]),
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
        embedded: None,
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
        embedded: None,
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
        embedded: None,
    },
];

/// The sample with this id.
pub fn find(id: &str) -> Option<&'static Sample> {
    SAMPLES.iter().find(|s| s.id == id)
}

/// Where a sample's files are; an unpacked copy disappears when this is dropped.
pub struct Place {
    /// The table.
    pub table: PathBuf,
    /// The model.
    pub model: PathBuf,
    _unpacked: Option<tempfile::TempDir>,
}

/// A file of the bundled samples: beside the program, beside its installation, or where the program was built.
fn locate(file: &str) -> Option<PathBuf> {
    let program = std::env::current_exe().ok();
    let beside = program.as_deref().and_then(|p| p.parent());
    let folders = [
        beside.map(|folder| folder.join("sample_data")),
        beside.and_then(|folder| folder.parent()).map(|folder| folder.join("share/candor/sample_data")),
        Some(PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/sample_data"))),
    ];
    folders.into_iter().flatten().map(|folder| folder.join(file)).find(|path| path.is_file())
}

impl Sample {
    /// Finds the sample's files; unpacks those inside the program where there are no others.
    pub fn place(&self) -> Result<Place, Problem> {
        if let (Some(table), Some(model)) = (locate(self.table), locate(self.model)) {
            return Ok(Place { table, model, _unpacked: None });
        }
        let Some(files) = self.embedded else {
            return Err(Problem::new(
                "Could not open the sample",
                format!("“{}” was not found", self.table),
                "Put the folder sample_data beside the program, or open a table and a model of your own",
            ));
        };
        self.unpack(files).map_err(|error| {
            Problem::new(
                "Could not unpack the sample",
                error.to_string(),
                "Free space in the folder for temporary files",
            )
        })
    }

    fn unpack(&self, [table, model]: [&[u8]; 2]) -> std::io::Result<Place> {
        let folder = tempfile::tempdir()?;
        let place = |name: &str| folder.path().join(name.rsplit('/').next().unwrap_or(name));
        let (table_path, model_path) = (place(self.table), place(self.model));
        std::fs::write(&table_path, table)?;
        std::fs::write(&model_path, model)?;
        Ok(Place { table: table_path, model: model_path, _unpacked: Some(folder) })
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_credit_sample_unpacks_from_the_program() {
        let sample = find("credit").expect("credit is bundled");
        let place = sample.unpack(sample.embedded.expect("credit is embedded")).expect("there is room");
        let written = std::fs::read(&place.table).expect("unpacked");
        let original = locate(sample.table).map(|path| std::fs::read(path).expect("readable"));
        assert_eq!(Some(written), original);
    }

    #[test]
    fn every_sample_is_found_and_described_in_one_sentence() {
        for sample in SAMPLES {
            assert!(sample.place().is_ok(), "{} was not found", sample.id);
            assert!(!sample.sentence.ends_with('.'), "{}", sample.id);
        }
    }
}
