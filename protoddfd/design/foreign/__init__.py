"""Words of other languages than English: their forms, what they are in English, and in which order."""
