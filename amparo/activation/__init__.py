"""Licences made active on terminals, online, by telephone and offline. LIC."""
