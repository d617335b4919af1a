"""AWS Bedrock: the dialect `bedrock` (Converse), and the doors around it: signatures, event streams, InvokeModel."""
