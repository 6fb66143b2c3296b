"""The parts of an RFC 5322 message, and where each stands in its bytes.

mime_part, header_block     the parts, and their headers as raw bytes
skipped                     parts that are skipped, and why
transfer, text_part         a text taken out of its encoding once, and written in it again
safety_check                nothing else has changed
"""
