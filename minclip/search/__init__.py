"""A folder of pictures as features: an index to search in, a page in the browser, a file for other uses.

folder_index.py brings the index of a folder up to date: only new and changed pictures are encoded. index_file.py reads
and writes its file, kept_place.py says where that is and what is excluded. `minclip search` and `minclip serve` use it.
embed.py streams the features of a folder into a file that you name (`minclip embed`).
"""

from minclip.search.embed import Features, embed, read_features
from minclip.search.folder_index import FolderIndex, index_folder

__all__ = ["Features", "FolderIndex", "embed", "index_folder", "read_features"]
