"""The Gemini API (`generateContent`), as Google's own service and Vertex AI speak it."""
