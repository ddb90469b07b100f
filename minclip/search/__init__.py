"""Searching in a folder of pictures: an index that is kept in a file, and a page in the browser.

folder_index.py brings the index of a folder up to date: only new and changed pictures are encoded. index_file.py reads
and writes its file, kept_place.py says where that is and what is excluded. `minclip search` and `minclip serve` use it.
"""

from minclip.search.folder_index import FolderIndex, index_folder

__all__ = ["FolderIndex", "index_folder"]
