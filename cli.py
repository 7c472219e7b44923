from edgefer.__main__ import main

main()
