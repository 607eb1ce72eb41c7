"""Who may do what: tokens and their scopes, logins of browsers, and the rule for each route."""
