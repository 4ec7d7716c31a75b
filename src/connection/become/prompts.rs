//! How su and doas ask for a password, in the languages they speak.

/// Beginnings of the question.
const QUESTIONS: [&str; 31] = [
    "password",
    "암호",
    "パスワード",
    "adgangskode",
    "contraseña",
    "contrasenya",
    "hasło",
    "heslo",
    "jelszó",
    "lösenord",
    "mật khẩu",
    "mot de passe",
    "parola",
    "parool",
    "pasahitza",
    "passord",
    "passwort",
    "salasana",
    "sandi",
    "senha",
    "wachtwoord",
    "ססמה",
    "лозинка",
    "парола",
    "пароль",
    "गुप्तशब्द",
    "शब्दकूट",
    "సంకేతపదము",
    "හස්පදය",
    "密码",
    "密碼",
];

/// Whether a text ends in such a question that waits for its answer. `own` are further texts.
pub fn asks(text: &str, own: &[String]) -> bool {
    let last = text.rsplit(['\n', '\r']).next().unwrap_or_default().trim().to_lowercase();
    let Some(question) = last.strip_suffix(':').or_else(|| last.strip_suffix('：')) else {
        return false;
    };
    QUESTIONS.iter().any(|known| question.contains(known))
        || question.contains("口令")
        || own.iter().any(|known| {
            question.contains(known.trim().trim_end_matches(':').to_lowercase().as_str())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_questions_from_texts() {
        assert!(asks("Password: ", &[]));
        assert!(asks("motd\ndoas (bob@web) password: ", &[]));
        assert!(asks("Mot de passe : ", &[]));
        assert!(asks("密码：", &[]));
        assert!(asks("Passphrase pour root: ", &["passphrase pour".into()]));
        assert!(!asks("Your password expires soon\n", &[]));
        assert!(!asks("Password: \n", &[]));
    }
}
