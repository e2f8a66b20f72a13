; Removing the program asks what is to become of the records (SE1, docs/packaging.md). An upgrade in place never asks and
; never removes them: it runs the old version's uninstaller with --updated.
!macro customUnInstall
  ${ifNot} ${isUpdated}
  ${andIf} ${FileExists} "$LOCALAPPDATA\Merchant Workbench\*.*"
    ; Silent removal (/S, by an administrator's tools) keeps them: /SD IDNO.
    MessageBox MB_YESNO|MB_ICONEXCLAMATION|MB_DEFBUTTON2 "$(keepRecords)" /SD IDNO IDNO keepData
      RMDir /r "$LOCALAPPDATA\Merchant Workbench"
    keepData:
  ${endIf}
!macroend

LangString keepRecords 1033 "Also delete all chat records, drafts, incidents and reviews of this computer? They can't be restored without a backup.$\r$\n$\r$\nNo keeps them for a later installation."
LangString keepRecords 2052 "同时删除这台电脑上的全部聊天记录、草稿、误发事件和质检？没有备份就无法恢复。$\r$\n$\r$\n选“否”会保留，重新安装后可继续使用。"
